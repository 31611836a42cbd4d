/// What is not the registry API.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Pages")
struct PagesTests {
    @Test("the index names every upstream, as HTML for browsers and as JSON otherwise")
    func index() async throws {
        try await withLarder({ _ in }, change: { $0.domain = "example.com" }) { larder, _ in
            let browser = "text/html,application/xhtml+xml,*/*;q=0.8"
            for (accept, type) in [
                (browser, "text/html; charset=utf-8"), ("*/*", "application/json"),
            ] {
                let response = try await larder.request(.GET, "/", [("Accept", accept)])
                #expect(response.status == 200)
                #expect(response.headers.first(name: "Content-Type") == type)
                let text = String(decoding: response.body, as: UTF8.self)
                for expected in ["127.0.0.1:\(larder.port)/quay.io/", "docker.example.com"] {
                    #expect(text.contains(expected))
                }
            }
        }
    }

    @Test("the index lists hosts and where they lead, as the predecessors do")
    func routes() throws {
        var configuration = Configuration()
        configuration.domain = "example.com"
        let page = IndexPage(configuration: configuration, host: "docker.example.com")
        #expect(page.json.contains("\"docker.example.com\" : \"https://registry-1.docker.io\""))
        #expect(page.json.contains("\"k8s-gcr.example.com\" : \"https://k8s.gcr.io\""))
    }

    @Test("without a domain the page has no column for host names")
    func withoutHosts() {
        let page = IndexPage(configuration: Configuration(), host: "cache.lan:5000")
        #expect(!page.html.contains("Host names"))
        #expect(page.html.contains("cache.lan:5000/docker.io/library/alpine:latest"))
    }

    @Test("HEAD of a page equals GET in type and length", arguments: ["/", "/healthz"])
    func head(path: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let get = try await larder.request(.GET, path)
            let head = try await larder.request(.HEAD, path)
            #expect(head.status == 200)
            for name in ["Content-Length", "Content-Type"] {
                #expect(head.headers.first(name: name) == get.headers.first(name: name))
            }
        }
    }

    @Test("what a client says it reached Larder at is escaped")
    func escaping() {
        let page = IndexPage(configuration: Configuration(), host: "\"><script>")
        #expect(!page.html.contains("<script>"))
    }

    @Test("health is told with the fields that monitors of such caches read")
    func health() async throws {
        try await withLarder({ _ in }) { larder, _ in
            for path in ["/healthz", "/readyz"] {
                #expect(try await larder.request(.GET, path).status == 200)
            }
            let health = try await larder.request(.GET, "/health")
            let text = String(decoding: health.body, as: UTF8.self)
            for field in ["\"status\":\"healthy\"", "timestamp", "version", "uptime"] {
                #expect(text.contains(field))
            }
        }
    }
}
