// Redirects that are left to the client, and those that are refused.
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Redirects by policy", .timeLimit(.minutes(1)))
struct HandOverTests {
    private let content = SeededBytes.make(count: 50_000, seed: 18)

    /// A registry whose blobs are at another one, and a client of it with these redirect rules.
    private func withStorage(
        _ policy: RedirectPolicy,
        _ body: (RegistryClient, ScriptedRegistry, ScriptedRegistry, Digest) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            try await ScriptedRegistry.with { storage in
                let digest = registry.add(repository: repository, blob: content)
                registry.redirectBlobs(to: storage)
                registry.requireToken(TokenAuthority())
                try await withClient(of: registry, configure: { $0.redirects = policy }) {
                    try await body($0, registry, storage, digest)
                }
            }
        }
    }

    private func handedOver<Result>(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Result
    ) async throws -> HandedOver {
        do {
            _ = try await body()
        } catch let error as HandedOver {
            return error
        }
        Issue.record("not handed over", sourceLocation: sourceLocation)
        throw NoError()
    }

    private let localHandedOver = RedirectPolicy(
        rules: [RedirectRule(hosts: [Glob("127.0.0.*")], action: .handOver)], otherwise: .refuse)

    @Test("a redirect is handed over with its link as it is; its target is not asked")
    func handsOver() async throws {
        try await withStorage(localHandedOver) { client, registry, storage, digest in
            let get = try await handedOver {
                try await client.blob(try name(), digest, canHandOver: true)
            }
            let head = try await handedOver {
                try await client.headBlob(try name(), digest, canHandOver: true)
            }
            #expect(get.status == 307)
            #expect(
                get.location.absoluteString
                    == "\(storage.url)/objects/blob?X-Signature=sig0&X-Path=a%2Fb")
            #expect(head.location.absoluteString.contains("sig1"))
            #expect(storage.requests.all.isEmpty)
            #expect(client.activity.snapshot.handedOver == 2)
            #expect(client.activity.snapshot.state == .up)
        }
    }

    @Test("what goes on with a body that was begun is followed")
    func follows() async throws {
        try await withStorage(localHandedOver) { client, registry, storage, digest in
            let response = try await client.blob(
                try name(), digest, range: RequestedRange(start: 49_000))
            #expect(try await response.bytes() == Array(content[49_000...]))
            #expect(storage.requests.all.count == 1)
            #expect(client.activity.snapshot.handedOver == 0)
        }
    }

    @Test("a refused host is named, and not asked", arguments: [true, false])
    func refuses(canHandOver: Bool) async throws {
        try await withStorage(RedirectPolicy(otherwise: .refuse)) {
            client, registry, storage, digest in
            do {
                _ = try await client.blob(try name(), digest, canHandOver: canHandOver)
                Issue.record("no error")
            } catch let error as UpstreamError {
                #expect(error.kind == .forbiddenRedirect)
                #expect(error.message.contains("redirects to 127.0.0.1"))
                #expect(!error.message.contains("X-Signature"))
                #expect(!error.isUnavailable)
            }
            #expect(storage.requests.all.isEmpty)
            #expect(client.activity.snapshot.state == .up)
        }
    }

    @Test("manifests are followed where blobs are handed over, and refused where those are")
    func manifests() async throws {
        let image = SyntheticImage(seed: 3)
        for action in [RedirectAction.handOver, .refuse] {
            try await withStorage(RedirectPolicy(otherwise: action)) {
                client, registry, storage, digest in
                storage.add(repository: repository, image: image)
                registry.inject(
                    .redirect(to: "\(storage.url)/v2/\(repository)/manifests/latest"),
                    on: .init(nil, "/manifests/"))
                if action == .handOver {
                    let manifest = try await client.manifest(try name(), try tag())
                    #expect(manifest.bytes == image.manifest)
                    #expect(storage.requests.all.first?.header("authorization") == nil)
                } else {
                    let kind = try await errorKind {
                        try await client.headManifest(try name(), try tag())
                    }
                    #expect(kind == .forbiddenRedirect)
                    #expect(storage.requests.all.isEmpty)
                }
            }
        }
    }

    @Test("a redirect within the registry is followed whatever the rules say")
    func withinRegistry() async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            let moved = "/v2/\(repository)/blobs/\(digest)?moved=1"
            registry.inject(.redirect(to: moved), on: .init("GET", "/blobs/"), uses: 1)
            try await withClient(
                of: registry, configure: { $0.redirects = RedirectPolicy(otherwise: .refuse) }
            ) { client in
                let response = try await client.blob(try name(), digest, canHandOver: true)
                #expect(try await response.bytes() == content)
            }
        }
    }

    @Test("a target that does not answer is left to clients, and not tried again at once")
    func unreachable() async throws {
        let policy = RedirectPolicy(handsOverUnreachable: true)
        try await withStorage(policy) { client, registry, storage, digest in
            storage.closeConnectionsAtAccept(100)
            for count in 1...3 {
                let redirect = try await handedOver {
                    try await client.blob(try name(), digest, canHandOver: true)
                }
                #expect(redirect.location.absoluteString.contains("sig\(count - 1)"))
            }
            #expect(storage.connectionCount <= 2)
            #expect(client.activity.snapshot.handedOver == 3)
            #expect(client.activity.snapshot.state == .up)
            let kind = try await errorKind { try await client.blob(try name(), digest) }
            #expect(kind == .unreachable)
        }
    }

    @Test("a target that answers, if only with a refusal, is not handed over")
    func answers() async throws {
        let policy = RedirectPolicy(handsOverUnreachable: true)
        try await withStorage(policy) { client, registry, storage, digest in
            storage.inject(.respond(status: 503), on: .init("GET"))
            let kind = try await errorKind {
                try await client.blob(try name(), digest, canHandOver: true)
            }
            #expect(kind == .status(503))
        }
    }

    @Test("by default a target that does not answer is a failure")
    func fails() async throws {
        try await withStorage(RedirectPolicy()) { client, registry, storage, digest in
            storage.closeConnectionsAtAccept(100)
            let kind = try await errorKind {
                try await client.blob(try name(), digest, canHandOver: true)
            }
            #expect(kind == .unreachable)
        }
    }

    @Test(
        "what is no plain URL is handed over to nobody (R74)",
        arguments: [
            "https://user:secret@cdn.example/blob", "javascript:alert(1)", "ftp://cdn.example/blob",
            "//", "http://cdn.example:0/",
        ])
    func unusable(location: String) async throws {
        try await withStorage(RedirectPolicy(otherwise: .handOver)) {
            client, registry, storage, digest in
            registry.inject(.redirect(to: location), on: .init("GET", "/blobs/"))
            let kind = try await errorKind {
                try await client.blob(try name(), digest, canHandOver: true)
            }
            guard case .refusedRedirect = kind else {
                Issue.record("\(kind)")
                return
            }
        }
    }

    @Test("a line break in a link stays encoded (R74)")
    func lineBreaks() throws {
        let base = try #require(EndpointURL("https://registry.example"))
        for location in ["https://cdn.example/a\r\nSet-Cookie: b", "https://cdn.example/a?b\nc"] {
            guard let target = base.resolving(location) else { continue }
            #expect(!target.absoluteString.contains { $0.isNewline })
        }
    }

    @Test("a target is remembered as unreachable for half a minute")
    func memory() {
        let targets = UnreachableTargets()
        let origin = EndpointURL.Origin(isTLS: true, host: "cdn.example", port: 443)
        let now = ContinuousClock.now
        #expect(!targets.contains(origin, now: now))
        targets.add(origin, now: now)
        #expect(targets.contains(origin, now: now + .seconds(29)))
        #expect(!targets.contains(origin, now: now + .seconds(30)))
        for port in 1...200 {
            let other = EndpointURL.Origin(isTLS: true, host: "cdn.example", port: port)
            targets.add(other, now: now + .seconds(31))
        }
        #expect(!targets.contains(origin, now: now + .seconds(31)))
    }
}
