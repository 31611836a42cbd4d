/// Hostile headers and targets on both sides: what of them reaches the other side (R74, R76).
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Hostile headers")
struct HostileHeaderTests {
    private let image = SyntheticImage(seed: 9)

    private func addImage(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image)
    }

    private static let foreign: [(String, String)] = [
        ("Set-Cookie", "session=1"), ("Link", "</evil>; rel=\"x\""), ("Location", "/evil"),
        ("WWW-Authenticate", "Bearer realm=\"https://evil.example/\""), ("Keep-Alive", "timeout=9"),
        ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c"), ("Trailer", "X-Evil"),
        ("X-Evil", "yes"), ("Server", "evil/1"), ("Strict-Transport-Security", "max-age=1"),
        ("Access-Control-Allow-Origin", "*"), ("Refresh", "0; url=https://evil.example/"),
        ("Alt-Svc", "h3=\":443\""), ("Content-Security-Policy", "x"), ("Via", "1.1 evil"),
        ("Content-Disposition", "attachment; filename=evil"), ("Clear-Site-Data", "\"*\""),
    ]

    private func expectNoneForeign(
        _ headers: HTTPHeaders, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (name, value) in Self.foreign {
            #expect(
                !headers[name].contains(value), "\(name): \(value)", sourceLocation: sourceLocation)
        }
    }

    @Test("R76: an upstream's other headers are not relayed, cold or warm, of hits or errors")
    func relaysNothing() async throws {
        try await withLarder(addImage) { larder, registry in
            for (name, value) in Self.foreign {
                registry.inject(.setHeader(name, value), on: RequestMatcher())
            }
            let layer = image.layerDigests[0]
            let paths = [
                "/v2/lab.local/app/manifests/latest", "/v2/lab.local/app/manifests/\(image.digest)",
                "/v2/lab.local/app/blobs/\(layer)", "/v2/lab.local/app/tags/list",
                "/v2/lab.local/app/referrers/\(image.digest)", "/v2/lab.local/app/manifests/none",
                "/v2/lab.local/other/tags/list",
            ]
            for path in paths {
                for method in [HTTPMethod.HEAD, .GET, .GET, .HEAD] {
                    let response = try await larder.request(method, path)
                    expectNoneForeign(response.headers)
                }
            }
        }
    }

    @Test("R76: neither are those of a refusal", arguments: [401, 403, 429, 503])
    func refusals(status: Int) async throws {
        try await withLarder(addImage) { larder, registry in
            let headers = Self.foreign + [("Content-Type", "text/html")]
            registry.inject(
                .respond(status: status, headers: headers, body: "<script>"), on: RequestMatcher())
            for path in ["manifests/latest", "blobs/\(image.layerDigests[0])", "tags/list"] {
                let response = try await larder.request(.GET, "/v2/lab.local/app/\(path)")
                expectNoneForeign(response.headers)
                #expect(response.headers.first(name: "Content-Type") == "application/json")
                #expect(!String(decoding: response.body, as: UTF8.self).contains("<script>"))
            }
        }
    }

    static let lineBreak = "%0d%0aX-Evil:%20yes"
    static let targets = [
        "/v2/lab.local/app/manifests/latest\(lineBreak)",
        "/v2/lab.local/app/manifests/sha256:\(lineBreak)",
        "/v2/lab.local/app/blobs/sha256:00\(lineBreak)",
        "/v2/lab.local/app\(lineBreak)/manifests/latest",
        "/v2/app/manifests/latest?ns=lab.local\(lineBreak)",
        "/lab.local\(lineBreak)/v2/app/manifests/latest",
        "/v2/app/tags/list?ns=lab.local&n=1&last=a\(lineBreak)",
        "/v2/app/referrers/sha256:00?ns=lab.local&artifactType=a\(lineBreak)",
        "/nowhere\(lineBreak)",
        "/v2/lab.local/app/manifests/latest\r\nX-Evil: yes",
        "/v2/lab.local/app/manifests/latest\nX-Evil: yes",
    ]

    @Test("R74: a line break in a target is no header of any answer or request", arguments: targets)
    func lineBreaks(target: String) async throws {
        try await withLarder(addImage) { larder, registry in
            let bytes = try await RawExchange.run(
                port: larder.port,
                "GET \(target) HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
            let head =
                String(decoding: bytes, as: UTF8.self)
                .components(separatedBy: "\r\n\r\n").first ?? ""
            #expect(head.hasPrefix("HTTP/1.1 "))
            #expect(!head.lowercased().contains("\nx-evil"), "\(head)")
            for request in registry.requests.all {
                #expect(!request.uri.contains { $0.isNewline })
                #expect(request.header("X-Evil") == nil)
            }
        }
    }

    @Test("R74: a line break in a registry's link is no header of the answer")
    func links() async throws {
        try await withLarder(addImage) { larder, registry in
            registry.inject(
                .setHeader("Link", "</v2/x?last=a\(Self.lineBreak)&n=1>; rel=\"next\""),
                on: RequestMatcher("GET", "/tags/list"))
            let response = try await larder.request(.GET, "/v2/lab.local/app/tags/list?n=1")
            let link = try #require(response.headers.first(name: "Link"))
            #expect(link.contains("%0D%0A") && !link.contains { $0.isNewline })
            #expect(response.headers.first(name: "X-Evil") == nil)
        }
    }
}
