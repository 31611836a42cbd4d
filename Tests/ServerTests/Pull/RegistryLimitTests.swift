/// What clients see, and a registry does not, while it limits requests (R59).
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Registry limits", .timeLimit(.minutes(2)))
struct RegistryLimitTests {
    private let image = SyntheticImage(seed: 41)
    private let tagPath = "/v2/lab.local/app/manifests/latest"

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image)
    }

    private func limit(_ registry: ScriptedRegistry, retryAfter: String = "120") {
        registry.inject(
            .respond(
                status: 429, headers: [("Retry-After", retryAfter)], body: "Too Many Requests"),
            on: RequestMatcher())
    }

    @Test("containerd's six tries in a row cost the registry one request, HEAD and GET alike")
    func repeatedTries() async throws {
        try await withLarder(content) { larder, registry in
            limit(registry)
            for _ in 0..<6 {
                for method in [HTTPMethod.HEAD, .GET] {
                    let refused = try await larder.request(method, tagPath)
                    #expect(refused.status == 429)
                    let seconds = refused.headers.first(name: "Retry-After").flatMap { Int($0) }
                    #expect((1...120).contains(try #require(seconds)))
                }
                let blob = "/v2/lab.local/app/blobs/\(image.layerDigests[0])"
                #expect(try await larder.request(.GET, blob).status == 429)
            }
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("what is cached is served, a tag marked stale, with one request to the registry")
    func servesCached() async throws {
        try await withLarder(content, change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            limit(registry)
            registry.requests.removeAll()
            for _ in 0..<6 {
                let stale = try await larder.request(.GET, tagPath)
                #expect(stale.body == image.manifest)
                #expect(stale.headers.first(name: "Cache-Status")?.contains("stale") == true)
                let path = "/v2/lab.local/app/manifests/\(image.digest)"
                #expect(try await larder.request(.GET, path).status == 200)
            }
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("a cool-down is of one upstream: the other one is asked as ever")
    func otherUpstream() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(
                .respond(status: 429, headers: [("Retry-After", "60")]), on: RequestMatcher(),
                uses: 1)
            #expect(try await larder.request(.GET, tagPath).status == 429)
            let other = try await larder.request(.GET, "/v2/docker.io/app/manifests/latest")
            #expect(other.status == 404)
            #expect(registry.requests.all.count == 2)
        }
    }

    @Test("statistics and metrics tell the limit and the pause of each credential")
    func statistics() async throws {
        try await withLarder(content) {
            $0.upstreams["lab.local"]?.credentials = [
                CredentialConfiguration(username: "team", password: Secret("hunter2")),
                CredentialConfiguration(username: "spare", password: Secret("hunter3")),
            ]
        } _: { larder, registry in
            registry.requireBasic(["team:hunter2", "spare:hunter3"])
            let team = RequestMatcher(basic: "team:hunter2")
            registry.inject(.setHeader("RateLimit-Limit", "100;w=21600"), on: RequestMatcher())
            registry.inject(.setHeader("RateLimit-Remaining", "0;w=21600"), on: team)
            registry.inject(
                .setHeader("RateLimit-Remaining", "42;w=21600"),
                on: RequestMatcher(basic: "spare:hunter3"))
            registry.inject(
                .respond(
                    status: 429,
                    headers: [
                        ("Retry-After", "900"), ("RateLimit-Limit", "100;w=21600"),
                        ("RateLimit-Remaining", "0;w=21600"),
                    ]), on: team)
            #expect(try await larder.request(.GET, tagPath).status == 200)
            let answer = try await larder.request(.GET, "/stats/upstreams")
            let page = try JSONDocument.decode(
                PageDocument<UpstreamDocument>.self, from: answer.body)
            let lab = try #require(page.items.first { $0.name == "lab.local" })
            #expect(lab.credentials.map(\.name) == ["team", "spare"])
            #expect(lab.credentials.map { $0.rateLimit?.remaining } == [0, 42])
            #expect(lab.credentials.map { $0.resumesAt != nil } == [true, false])
            let scrape = try await larder.scrape()
            let labels = ["0", "1"].map { "{upstream=\"lab.local\",credential=\"\($0)\"}" }
            let remaining = labels.map { scrape["larder_upstream_rate_limit_remaining" + $0] }
            #expect(remaining == [0, 42])
            let pauses = labels.map { scrape["larder_upstream_pause_seconds" + $0] ?? -1 }
            #expect(pauses[0] > 800 && pauses[1] == 0)
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(!text.contains("hunter"))
        }
    }

    @Test("where too many wait for a registry, the next client is told so at once")
    func overload() async throws {
        try await withLarder(content) {
            $0.upstreams["lab.local"]?.limits.maxFetches = 1
            $0.upstreams["lab.local"]?.limits.maxQueued = 0
        } _: { larder, registry in
            registry.inject(.hang(), on: RequestMatcher("GET", "\(image.layerDigests[0])"))
            let paths = image.layerDigests.prefix(2).map { "/v2/lab.local/app/blobs/\($0)" }
            let first = Task { try await larder.request(.GET, paths[0]) }
            try await registry.requests.wait(for: .init("GET", "\(image.layerDigests[0])"))
            let refused = try await larder.request(.GET, paths[1])
            #expect(refused.status == 429)
            #expect(refused.headers.first(name: "Retry-After") == "5")
            #expect(String(decoding: refused.body, as: UTF8.self).contains("TOOMANYREQUESTS"))
            registry.release("hang")
            #expect(try await first.value.status == 200)
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }
}
