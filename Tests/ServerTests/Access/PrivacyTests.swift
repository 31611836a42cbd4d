/// Nobody reads what the upstream does not let them read, cached or not (R62–R65).
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Private images")
struct PrivacyTests {
    private static let image = SyntheticImage(seed: 5100, layerSizes: [3_000, 200_000])
    private static let alice = TestUser(name: "alice", password: "hers")
    private static let bob = TestUser(name: "bob", password: "his")
    private static let path = "/v2/lab.local/private/app"

    private var image: SyntheticImage { Self.image }
    private var alice: TestUser { Self.alice }
    private var bob: TestUser { Self.bob }
    private var path: String { Self.path }

    /// Alice may read `private/app`; Bob only what is his own, `bob/evil`.
    private func withPassthrough(
        change: (inout Configuration) -> Void = { _ in },
        _ body:
            @escaping @Sendable (TestLarder, ScriptedRegistry, TokenAuthority) async throws ->
            Void
    ) async throws {
        var rules = TokenAuthority.Rules()
        rules.rights = [
            alice.credential: ["private/app", "shared/tool"],
            bob.credential: ["bob/evil", "shared/tool"], "": ["shared/tool"],
        ]
        let authority = TokenAuthority(rules)
        try await withLarder(
            { registry in
                registry.add(repository: "private/app", image: image, tags: ["1"])
                registry.add(repository: "shared/tool", image: SyntheticImage(seed: 5200))
                registry.requireToken(authority)
            },
            change: {
                $0.upstreams["lab.local"]?.access = .passthrough
                $0.upstreams["lab.local"]?.hosts = ["lab.example"]
                $0.waitForUpstreams()
                change(&$0)
            }
        ) { try await body($0, $1, authority) }
    }

    private enum Warmth: CaseIterable, Sendable { case cold, warm, upstreamDown }

    /// All that leads to the image, by every spelling.
    private static var questions: [(HTTPMethod, String, [(String, String)])] {
        let names =
            ["manifests/1", "manifests/\(image.digest)"]
            + ([image.configDigest] + image.layerDigests).map { "blobs/\($0)" }
            + ["tags/list", "referrers/\(image.digest)"]
        return names.flatMap { name -> [(HTTPMethod, String, [(String, String)])] in
            [
                (.GET, "\(path)/\(name)", []), (.HEAD, "\(path)/\(name)", []),
                (.GET, "/v2/private/app/\(name)?ns=lab.local", []),
                (.GET, "/lab.local/v2/private/app/\(name)", []),
                (.GET, "/v2/private/app/\(name)", [("Host", "lab.example")]),
            ]
        }
    }

    private func pull(_ larder: TestLarder, as user: TestUser) async throws {
        #expect(try await larder.request(.GET, "\(path)/manifests/1", as: user).status == 200)
        for (digest, bytes) in zip(image.layerDigests, image.layers) {
            let response = try await larder.request(.GET, "\(path)/blobs/\(digest)", as: user)
            #expect(response.status == 200)
            #expect(response.body == bytes)
        }
        let config = try await larder.request(
            .GET, "\(path)/blobs/\(image.configDigest)", as: user)
        #expect(config.body == image.config)
        for digest in image.layerDigests { try await larder.waitUntilStored(digest) }
        try await larder.waitUntilStored("1", in: "private/app")
    }

    @Test("who may not read gets nothing of it", arguments: Warmth.allCases)
    private func refused(_ warmth: Warmth) async throws {
        try await withPassthrough { larder, registry, _ in
            if warmth != .cold { try await pull(larder, as: alice) }
            if warmth == .upstreamDown {
                registry.inject(.respond(status: 503), on: RequestMatcher())
            }
            for user in [bob, .anonymous] {
                for (method, target, headers) in Self.questions {
                    let response = try await larder.request(method, target, as: user, headers)
                    let allowed = warmth == .upstreamDown ? [401, 403, 404, 503] : [401, 403, 404]
                    #expect(allowed.contains(response.status), "\(method) \(target)")
                    #expect(!response.body.isEmpty || method == .HEAD)
                    #expect(response.headers["docker-content-digest"].isEmpty)
                    let text = String(decoding: response.body, as: UTF8.self)
                    #expect(!text.contains("\"cached\":\"true\""))
                }
            }
        }
    }

    @Test("the same is said of what is cached and of what is not")
    func sameAnswer() async throws {
        try await withPassthrough { larder, _, _ in
            func answers() async throws -> [String] {
                var answers: [String] = []
                for (method, target, headers) in Self.questions {
                    let response = try await larder.request(method, target, as: bob, headers)
                    let text = String(decoding: response.body, as: UTF8.self)
                    answers.append("\(response.status) \(text)")
                }
                return answers
            }
            let cold = try await answers()
            try await pull(larder, as: alice)
            #expect(try await answers() == cold)
        }
    }

    @Test("who may read does, cold and cached, and is asked about once in a while only")
    func allowed() async throws {
        try await withPassthrough { larder, registry, _ in
            try await pull(larder, as: alice)
            let before = registry.requests.all.count { !$0.path.hasPrefix("/token") }
            try await pull(larder, as: alice)
            let after = registry.requests.all.count {
                !$0.path.hasPrefix("/token") && $0.path != "/v2/"
            }
            #expect(after <= before)
            #expect(registry.requests.count("GET", "/v2/private/app/blobs") == 3)
        }
    }

    @Test("a right that is revoked ends with its verdict")
    func revoked() async throws {
        try await withPassthrough(change: { $0.upstreams["lab.local"]?.accessTTL = .zero }) {
            larder, _, authority in
            try await pull(larder, as: alice)
            authority.revoke("private/app")
            for (method, target, headers) in Self.questions {
                let response = try await larder.request(method, target, as: alice, headers)
                #expect([401, 403, 404].contains(response.status), "\(method) \(target)")
            }
        }
    }

    @Test("nobody joins a fetch of what he may not read")
    func joining() async throws {
        try await withPassthrough { larder, registry, _ in
            let digest = image.layerDigests[1]
            registry.inject(
                .stall(after: 1_000, gate: "body"),
                on: RequestMatcher("GET", "private/app/blobs/\(digest)"))
            let token = try await larder.token(for: alice, ["lab.local/private/app"])
            let first = try await larder.start(
                .GET, "\(path)/blobs/\(digest)", [("Authorization", "Bearer \(token)")])
            #expect(first.status == .ok)
            for user in [bob, .anonymous] {
                let response = try await larder.request(
                    .GET, "\(path)/blobs/\(digest)", as: user)
                #expect([401, 403, 404].contains(response.status))
                let elsewhere = try await larder.request(
                    .GET, "/v2/lab.local/bob/evil/blobs/\(digest)", as: user)
                #expect([401, 403, 404].contains(elsewhere.status))
            }
            registry.release("body")
            let body = try await first.body.collect(upTo: 1 << 20)
            #expect(Array(body.readableBytesView) == image.layers[1])
        }
    }

    @Test("a manifest that names a private digest gives no right to it")
    func foreignReference() async throws {
        try await withPassthrough { larder, registry, _ in
            try await pull(larder, as: alice)
            for (position, manifest) in Self.thieves.enumerated() {
                let type: MediaType = position == Self.thieves.count - 1 ? .ociIndex : .ociManifest
                let tag = "steal-\(position)"
                registry.add(
                    repository: "bob/evil", manifest: Array(manifest.utf8), mediaType: type,
                    tags: [tag])
                let pulled = try await larder.request(
                    .GET, "/v2/lab.local/bob/evil/manifests/\(tag)", as: bob)
                #expect(pulled.status == 200)
                try await larder.waitUntilStored(tag, in: "bob/evil")
            }
            for name in [
                "blobs/\(image.configDigest)", "blobs/\(image.layerDigests[0])",
                "blobs/\(image.layerDigests[1])", "manifests/\(image.digest)",
            ] {
                for method in [HTTPMethod.GET, .HEAD] {
                    let response = try await larder.request(
                        method, "/v2/lab.local/bob/evil/\(name)", as: bob)
                    #expect(response.status == 404, "\(method) \(name)")
                }
            }
        }
    }

    /// Manifests of Bob's: the private digests as config and layer, as foreign layer, as subject,
    /// and as child of an index.
    private static var thieves: [String] {
        func descriptor(_ type: String, _ digest: Digest, _ more: String = "") -> String {
            #"{"mediaType":"\#(type)","digest":"\#(digest)","size":3000\#(more)}"#
        }
        let own = Digest.sha256(of: Array("{}".utf8))
        let config = "application/vnd.oci.image.config.v1+json"
        let layer = "application/vnd.oci.image.layer.v1.tar"
        let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        func manifest(_ configDigest: Digest, _ layers: String, _ more: String = "") -> String {
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
                + descriptor(config, configDigest) + #","layers":[\#(layers)]\#(more)}"#
        }
        let (first, second) = (image.layerDigests[0], image.layerDigests[1])
        return [
            manifest(image.configDigest, descriptor(layer, first)),
            manifest(own, descriptor(foreign, second, #","urls":["http://127.0.0.1:9/x"]"#)),
            manifest(
                own, "", #","subject":\#(descriptor("\(MediaType.ociManifest)", image.digest))"#),
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#
                + descriptor("\(MediaType.ociManifest)", image.digest) + "]}",
        ]
    }

    @Test("a manifest in an open upstream gives no right to a private digest either")
    func openUpstream() async throws {
        try await ScriptedRegistry.with { open in
            for (position, manifest) in Self.thieves.dropLast().enumerated() {
                open.add(
                    repository: "library/evil", manifest: Array(manifest.utf8),
                    tags: ["steal-\(position)"])
            }
            try await withPassthrough(change: {
                $0.upstreams["docker.io"]?.url = EndpointURL(open.url)
            }) { larder, _, _ in
                try await pull(larder, as: alice)
                for position in 0..<Self.thieves.count - 1 {
                    let pulled = try await larder.request(
                        .GET, "/v2/library/evil/manifests/steal-\(position)")
                    #expect(pulled.status == 200)
                }
                for digest in [image.configDigest] + image.layerDigests {
                    let response = try await larder.request(
                        .GET, "/v2/library/evil/blobs/\(digest)")
                    #expect(response.status == 404)
                }
            }
        }
    }

    @Test("statistics name nothing private")
    func statistics() async throws {
        try await withPassthrough { larder, _, _ in
            try await pull(larder, as: alice)
            for topic in StatisticsTopic.allCases {
                let name = topic == .totals ? "" : "/\(topic.rawValue)"
                let response = try await larder.request(.GET, "/stats\(name)")
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(!text.contains("private/app"), "\(topic)")
                #expect(!text.contains("\(image.digest)"), "\(topic)")
            }
            let metrics = try await larder.request(.GET, "/metrics")
            #expect(!String(decoding: metrics.body, as: UTF8.self).contains("private/app"))
        }
    }
}
