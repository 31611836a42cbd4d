/// The fast path's answers against those of the normal path, byte for byte.
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

/// Requests as a connection carries them, and what comes back with what may differ left out.
private struct Conversation: Sendable, CustomTestStringConvertible {
    let requests: [String]

    /// The last request closes the connection.
    private static let end = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    var testDescription: String { requests.joined().debugDescription }

    func answers(of larder: TestLarder) async throws -> Data {
        let bytes = try await RawExchange.run(
            port: larder.port, requests.joined() + Self.end)
        return ["\r\nDate: ", "\r\nAge: ", "; ttl="].reduce(Data(bytes)) {
            $0.without(textBehind: $1)
        }
    }
}

extension Data {
    /// Without what stands between each `marker` and the end of the line or of the parameter.
    fileprivate func without(textBehind marker: String) -> Data {
        var result = Data()
        var rest = self
        while let start = rest.range(of: Data(marker.utf8)) {
            result += rest[..<start.upperBound]
            rest = rest[start.upperBound...].drop {
                $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: ";")
            }
        }
        return result + rest
    }

    fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}

@Suite("Fast path against normal path")
struct DifferentialTests {
    private let image = SyntheticImage(seed: 31, layerSizes: [0, 1, 70_000, 200_000])
    private let index = SyntheticIndex(seed: 41)
    private var large: [UInt8] {
        // A manifest that is too large to be kept in memory.
        let padding = String(repeating: "x", count: HotObjects.maximumManifestBytes)
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":{"mediaType":"a/b","digest":"\(image.configDigest)","size":1},\
            "layers":[],"annotations":{"x":"\(padding)"}}
            """
        return Array(text.utf8)
    }

    /// Two Larders in front of one registry, that have all of it and were asked for all of it.
    ///
    /// - Parameter users: of Larder's own, beside whom anonymous may pull; nil for none.
    private func withBoth(
        users: String? = nil,
        _ body: @escaping @Sendable (_ fast: TestLarder, _ normal: TestLarder) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", image: image)
            registry.add(repository: "multi", index: index)
            registry.add(repository: "app", manifest: large, tags: ["large"])
            for repository in ["library/app", "lab.local/app"] {
                registry.add(repository: repository, image: image)
            }
            @Sendable func change(_ configuration: inout Configuration, fastPath: Bool) {
                configuration.fastPath = fastPath
                configuration.auth.htpasswd = users
                configuration.auth.allowsAnonymous = true
                configuration.domain = "example.test"
                configuration.tags.freshFor = .seconds(3600)
                configuration.cache.negativeFor = .zero
                configuration.upstreams["lab.local"]?.hosts = ["lab.example.test"]
            }
            try await TestLarder.with(registry, change: { change(&$0, fastPath: true) }) { fast in
                try await TestLarder.with(registry, change: { change(&$0, fastPath: false) }) {
                    try await warm(fast)
                    try await warm($0)
                    try await body(fast, $0)
                }
            }
        }
    }

    private func warm(_ larder: TestLarder) async throws {
        larder.expectRepeatedDownloads(of: image.layerDigests + [image.configDigest])
        for target in Self.targets(image, index) where !target.contains("nothing") {
            for _ in 0..<2 {
                _ = try await RawExchange.run(
                    port: larder.port,
                    "GET \(target) HTTP/1.1\r\nHost: lab.example.test\r\nConnection: close\r\n\r\n")
                _ = try await RawExchange.run(
                    port: larder.port,
                    "GET \(target) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            }
        }
        for reference in ["latest", "\(index.digest)"] {
            for _ in 0..<2 {
                let path = "/v2/lab.local/multi/manifests/\(reference)"
                _ = try await larder.request(.GET, path, [("Accept", "\(MediaType.ociManifest)")])
            }
        }
        let child = index.images[0].image
        for digest in image.layerDigests + [image.digest, index.digest, child.digest] {
            try await larder.waitUntilStored(digest)
        }
        while !larder.services.pendingManifests.isEmpty { await shortPause() }
    }

    private static func targets(_ image: SyntheticImage, _ index: SyntheticIndex) -> [String] {
        var targets = ["/v2/", "/", "/v2/lab.local/app/tags/list", "/nothing", "/v2/x/nothing"]
        for prefix in [
            "/v2/lab.local/app", "/v2/app", "/lab.local/v2/app", "/v2/lab.local/lab.local/app",
        ] {
            for suffix in ["", "?ns=lab.local", "?ns=docker.io", "?ns=nothing.test", "?x=%41"] {
                targets.append("\(prefix)/manifests/latest\(suffix)")
                targets.append("\(prefix)/manifests/\(image.digest)\(suffix)")
                for digest in image.layerDigests + [image.configDigest] {
                    targets.append("\(prefix)/blobs/\(digest)\(suffix)")
                }
            }
        }
        targets.append("/v2/lab.local/app/manifests/large")
        targets.append("/v2/lab.local/app/manifests/nothing")
        targets.append("/v2/lab.local/app/manifests/sha256%3A\(image.digest.hex)")
        targets.append("/v2/lab.local/app/blobs/\(index.digest)")
        targets.append("/v2/lab.local/multi/manifests/latest")
        targets.append("/v2/lab.local/multi/manifests/\(index.digest)")
        return targets
    }

    private func conversations(
        seed: UInt64, count: Int, credential: String
    ) -> [Conversation] {
        var random = SeededGenerator(seed: seed)
        let targets = Self.targets(image, index)
        let digests = image.layerDigests + [image.digest, index.digest]
        let accepts = [
            [], ["*/*"], ["\(MediaType.ociManifest)"], ["\(MediaType.ociIndex)", "a/b;q=0"],
            ["\(MediaType.ociManifest), \(MediaType.ociIndex)"], ["text/plain"],
        ]
        func fields() -> [String] {
            var fields: [String] = []
            for accept in accepts.randomElement(using: &random) ?? [] {
                fields.append("Accept: \(accept)")
            }
            let digest = "\(digests[Int.random(in: 0..<digests.count, using: &random)])"
            let optional = [
                "Range: bytes=0-0", "Range: bytes=5-", "Range: bytes=-7", "range: BYTES=1-3",
                "Range: bytes=0-0,2-3", "Range: bytes=99999999-", "Range: lines=1-2",
                "Range: bytes=0-99999999", "If-None-Match: \"\(digest)\"",
                "If-None-Match: W/\"\(digest)\", \"x\"", "If-None-Match: *", "If-None-Match: x",
                "If-Range: \"\(digest)\"", "Connection: keep-alive", "Connection: Upgrade",
                "User-Agent: x", credential, "Authorization: Bearer x", "Content-Length: 0",
                "X-Odd: \u{e9}", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
            ]
            while Int.random(in: 0..<3, using: &random) == 0 {
                fields.append(optional[Int.random(in: 0..<optional.count, using: &random)])
            }
            return fields
        }
        func request() -> String {
            let method =
                ["GET", "GET", "HEAD", "HEAD", "POST"]
                .randomElement(using: &random) ?? "GET"
            let target = targets[Int.random(in: 0..<targets.count, using: &random)]
            let host =
                ["h", "h", "lab.example.test", "H:5000", "other.example.test"]
                .randomElement(using: &random) ?? "h"
            let lines = ["\(method) \(target) HTTP/1.1", "Host: \(host)"] + fields()
            return lines.joined(separator: "\r\n") + "\r\n\r\n"
        }
        return (0..<count).map { _ in
            Conversation(
                requests: (0..<Int.random(in: 1...4, using: &random)).map { _ in request() }
            )
        }
    }

    @Test(
        "generated requests, alone and pipelined, are answered with the same bytes",
        arguments: [false, true])
    func generated(hasUsers: Bool) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let users = try directory.write("carol:\(TestUser.hash)\n", as: "htpasswd")
        let seed = UInt64.random(in: 0..<(1 << 32))
        print("DifferentialTests: seed \(seed)")
        let user = hasUsers ? TestUser.carol : .wrong
        let credential = user.basic.map { "\($0): \($1)" }.joined()
        try await withBoth(users: hasUsers ? users : nil) { fast, normal in
            for conversation in conversations(seed: seed, count: 150, credential: credential) {
                let expected = try await conversation.answers(of: normal)
                for round in 0..<2 {
                    let found = try await conversation.answers(of: fast)
                    #expect(found == expected, "\(conversation.testDescription) round \(round)")
                }
            }
            #expect(fast.services.hotObjects.answered > 50)
            #expect(normal.services.hotObjects.answered == 0)
        }
    }

    @Test("every spelling of every object, by GET and HEAD, is answered with the same bytes")
    func everyTarget() async throws {
        try await withBoth { fast, normal in
            let before = fast.services.hotObjects.answered
            var hits = 0
            for target in Self.targets(image, index) {
                for (method, field) in [
                    ("GET", ""), ("HEAD", ""), ("GET", "Range: bytes=0-0\r\n"),
                    ("GET", "If-None-Match: \"\(image.digest)\"\r\n"),
                ] {
                    let conversation = Conversation(
                        requests: ["\(method) \(target) HTTP/1.1\r\nHost: h\r\n\(field)\r\n"])
                    let expected = try await conversation.answers(of: normal)
                    #expect(try await conversation.answers(of: fast) == expected)
                    hits += expected.contains("Cache-Status: larder; hit") ? 1 : 0
                }
            }
            let answered = fast.services.hotObjects.answered - before
            #expect(answered > hits / 2, "\(answered) of \(hits) hits")
        }
    }

    @Test("what clients of the day send is answered with the same bytes")
    func recorded() async throws {
        let types = [
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
            "*/*",
        ]
        let containerd =
            "Host: h\r\nUser-Agent: containerd/1.6.20\r\nAccept: "
            + "\(types.joined(separator: ", "))\r\nAccept-Encoding: gzip\r\n"
        let docker =
            "Host: h\r\nUser-Agent: docker/20.10.24 go/go1.19.8\r\n"
            + types.dropLast().map { "Accept: \($0)\r\n" }.joined()
            + "Accept-Encoding: gzip\r\n"
        let layer = image.layerDigests[3]
        let requests = [
            "HEAD /v2/app/manifests/latest?ns=lab.local HTTP/1.1\r\n\(containerd)\r\n",
            "GET /v2/app/manifests/\(image.digest)?ns=lab.local HTTP/1.1\r\n\(containerd)\r\n",
            "GET /v2/app/blobs/\(layer)?ns=lab.local HTTP/1.1\r\n\(containerd)\r\n",
            "HEAD /v2/library/app/manifests/latest HTTP/1.1\r\n\(docker)\r\n",
            "GET /v2/library/app/manifests/\(image.digest) HTTP/1.1\r\n\(docker)\r\n",
            "GET /v2/library/app/blobs/\(layer) HTTP/1.1\r\nHost: h\r\n"
                + "Accept-Encoding: identity\r\nRange: bytes=1000-\r\n\r\n",
        ]
        try await withBoth { fast, normal in
            for request in requests {
                let conversation = Conversation(requests: [request])
                let answers = try await [
                    conversation.answers(of: normal), conversation.answers(of: fast),
                    conversation.answers(of: fast),
                ]
                #expect(answers[2] == answers[0] && answers[0].contains("Cache-Status"))
            }
            let before = fast.services.hotObjects.answered
            let all = Conversation(requests: requests)
            let expected = try await all.answers(of: normal)
            #expect(try await all.answers(of: fast) == expected)
            #expect(fast.services.hotObjects.answered == before + requests.count)
        }
    }
}
