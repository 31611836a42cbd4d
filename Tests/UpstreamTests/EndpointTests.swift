// An upstream at several addresses: which is asked, and whose answer counts.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Upstream endpoints", .timeLimit(.minutes(1)))
struct EndpointTests {
    private let image = SyntheticImage(seed: 5)
    private var digest: Digest { .sha256(of: image.manifest) }
    private var blob: [UInt8] { image.blobs[0] }

    /// A mirror and an origin that both have the image.
    private func withMirror(
        _ body: (_ mirror: ScriptedRegistry, _ origin: ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { mirror in
            try await ScriptedRegistry.with { origin in
                mirror.add(repository: repository, image: image)
                origin.add(repository: repository, image: image)
                try await body(mirror, origin)
            }
        }
    }

    @Test("the first endpoint that answers is the only one asked")
    func first() async throws {
        try await withMirror { mirror, origin in
            try await withClient(of: mirror, origin) { client in
                _ = try await client.manifest(try name(), try tag())
                _ = try await client.blob(try name(), .sha256(of: blob)).bytes()
            }
            #expect(mirror.requests.all.count == 2)
            #expect(origin.requests.all.isEmpty)
        }
    }

    static let failures: [Fault] = [.close, .respond(status: 503), .respond(status: 429)]

    @Test("where one cannot answer, the next one is asked, for tags too", arguments: failures)
    func failover(fault: Fault) async throws {
        try await withMirror { mirror, origin in
            mirror.inject(fault, on: .init())
            try await withClient(of: mirror, origin) { client in
                #expect(try await client.headManifest(try name(), try tag()).digest == digest)
                let response = try await client.blob(try name(), .sha256(of: blob))
                #expect(try await response.bytes() == blob)
            }
            #expect(origin.requests.all.map(\.method) == ["HEAD", "GET"])
        }
    }

    @Test("an endpoint that hangs is left for the next one (R54)")
    func hanging() async throws {
        try await withMirror { mirror, origin in
            mirror.inject(.hang(), on: .init())
            try await withClient(of: mirror, origin) {
                $0.timeouts.responseHeader = .seconds(3)
            } _: { client in
                let head = try await client.headManifest(try name(), try tag())
                #expect(head.digest == digest)
            }
            #expect(mirror.requests.all.count == 1)
            #expect(origin.requests.all.count == 1)
        }
    }

    @Test("a manifest that breaks off is asked for at the next endpoint")
    func truncatedManifest() async throws {
        try await withMirror { mirror, origin in
            mirror.inject(.truncate(after: 10), on: .init("GET"))
            let manifest = try await withClient(of: mirror, origin) {
                try await $0.manifest(try name(), try tag())
            }
            #expect(manifest.bytes == image.manifest)
        }
    }

    @Test("a mirror's refusal of a digest is no answer", arguments: [400, 401, 403, 404, 416])
    func refusedDigest(status: Int) async throws {
        try await withMirror { mirror, origin in
            mirror.inject(.respond(status: status), on: .init())
            try await withClient(of: mirror, origin) { client in
                let response = try await client.blob(
                    try name(), .sha256(of: blob), range: RequestedRange(start: 1))
                #expect(try await response.bytes() == Array(blob.dropFirst()))
                #expect(
                    try await client.manifest(try name(), .digest(digest)).bytes == image.manifest)
                #expect(try await client.headBlob(try name(), .sha256(of: blob)).size != nil)
            }
            #expect(origin.requests.count("GET", "/blobs/") == 1)
            #expect(origin.requests.count("HEAD", "/blobs/") == 1)
            #expect(origin.requests.count("GET", "/manifests/") == 1)
        }
    }

    @Test("the last endpoint's refusal of a digest counts")
    func lastRefusal() async throws {
        try await withMirror { mirror, origin in
            mirror.inject(.respond(status: 404), on: .init())
            origin.inject(.respond(status: 403), on: .init())
            let kind = try await withClient(of: mirror, origin) { client in
                try await errorKind { try await client.blob(try name(), .sha256(of: blob)) }
            }
            #expect(kind == .status(403))
        }
    }

    @Test("of a tag, a refusal is an answer", arguments: [401, 403, 404])
    func refusedTag(status: Int) async throws {
        try await withMirror { mirror, origin in
            mirror.inject(.respond(status: status), on: .init(nil, "/manifests/"))
            let kind = try await withClient(of: mirror, origin) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .status(status))
            #expect(origin.requests.all.isEmpty)
        }
    }

    @Test("tags, lists and referrers come from endpoints that resolve only")
    func resolving() async throws {
        try await withMirror { mirror, origin in
            try await withClient(of: mirror, origin) {
                $0.endpoints[0].resolves = false
            } _: { client in
                _ = try await client.headManifest(try name(), try tag())
                _ = try await client.tags(try name())
                _ = try await client.referrers(try name(), digest)
                #expect(mirror.requests.all.isEmpty)
                _ = try await client.manifest(try name(), .digest(digest))
            }
            #expect(mirror.requests.all.count == 1)
            #expect(origin.requests.all.count == 3)
        }
    }

    @Test("each endpoint is signed in to by itself, and shown no other one's token (R65)")
    func tokens() async throws {
        try await withMirror { mirror, origin in
            try await ScriptedRegistry.with { tokens in
                let authority = TokenAuthority()
                mirror.requireToken(authority, from: tokens)
                origin.requireToken(authority, from: tokens)
                mirror.remove(repository: repository, digest: .sha256(of: blob))
                try await withClient(of: mirror, origin) { client in
                    for _ in 0..<2 {
                        let response = try await client.blob(try name(), .sha256(of: blob))
                        #expect(try await response.bytes() == blob)
                    }
                }
                let shown = [mirror, origin].map { registry in
                    Set(registry.requests.all.compactMap { $0.header("authorization") })
                }
                #expect(shown.map(\.count) == [1, 1])
                #expect(shown[0].isDisjoint(with: shown[1]))
                #expect(authority.issuedCount == 2)
            }
        }
    }
}
