// What is sent, and what is not, after a registry answered 429 (R59).
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("After a 429", .timeLimit(.minutes(1)))
struct CooldownRequestTests {
    private let image = SyntheticImage(seed: 21)

    private func withImage(
        _ body: (ScriptedRegistry, ManualClock, RegistryClient) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await withClient(of: registry, now: { clock.now }) { client in
                try await body(registry, clock, client)
            }
        }
    }

    private func limit(
        _ registry: ScriptedRegistry, on matcher: RequestMatcher = RequestMatcher(),
        retryAfter: String? = "30", uses: Int? = nil
    ) {
        let headers = retryAfter.map { [("Retry-After", $0)] } ?? []
        registry.inject(
            .respond(status: 429, headers: headers, body: "Too Many Requests"), on: matcher,
            uses: uses)
    }

    @Test("nothing is asked until Retry-After is over, whatever is asked for")
    func waits() async throws {
        try await withImage { registry, clock, client in
            limit(registry, uses: 1)
            let first = try await errorKind { try await client.manifest(try name(), try tag()) }
            #expect(first == .rateLimited(retryAfterSeconds: 30))
            clock.advance(by: .milliseconds(500))
            for _ in 0..<6 {
                let manifest = try await errorKind {
                    try await client.manifest(try name(), try tag())
                }
                let head = try await errorKind {
                    try await client.headManifest(try name(), try tag())
                }
                let blob = try await errorKind {
                    try await client.blob(try name(), image.layerDigests[0])
                }
                #expect(
                    [manifest, head, blob].allSatisfy { $0 == .rateLimited(retryAfterSeconds: 30) })
            }
            #expect(registry.requests.all.count == 1)
            #expect(client.activity.snapshot.identities.map(\.refused) == [18])
            clock.advance(by: .seconds(30))
            #expect(try await client.manifest(try name(), try tag()).bytes == image.manifest)
            #expect(registry.requests.all.count == 2)
        }
    }

    @Test("without Retry-After the pause grows with each 429, and is short again after a success")
    func backsOff() async throws {
        try await withImage { registry, clock, client in
            limit(registry, retryAfter: nil)
            var pauses: [Duration] = []
            for _ in 0..<3 {
                _ = try await errorKind { try await client.manifest(try name(), try tag()) }
                let pause = try #require(client.activity.snapshot.identities[0].pause)
                pauses.append(pause)
                clock.advance(by: pause)
            }
            #expect(registry.requests.all.count == 3)
            for (pause, base) in zip(pauses, [2, 4, 8]) {
                #expect(pause >= .seconds(base) * 0.75 && pause <= .seconds(base) * 1.25)
            }
            registry.removeFaults()
            _ = try await client.headManifest(try name(), try tag())
            limit(registry, retryAfter: nil)
            _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            let grown = try #require(client.activity.snapshot.identities[0].pause)
            #expect(grown >= .seconds(12))
            clock.advance(by: grown)
            registry.removeFaults()
            _ = try await client.manifest(try name(), try tag())
            limit(registry, retryAfter: nil)
            _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            #expect(try #require(client.activity.snapshot.identities[0].pause) <= .seconds(2.5))
        }
    }

    @Test("a date is understood as well as seconds")
    func date() async throws {
        try await withImage { registry, clock, client in
            registry.inject(
                .respond(
                    status: 429,
                    headers: [
                        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                        ("Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"),
                    ]), on: RequestMatcher())
            let kind = try await errorKind { try await client.manifest(try name(), try tag()) }
            #expect(kind == .rateLimited(retryAfterSeconds: 20))
            #expect(client.activity.snapshot.identities[0].pause == .seconds(20))
        }
    }

    @Test("a token server's 429 counts as the registry's")
    func tokenServer() async throws {
        try await withImage { registry, _, client in
            registry.requireToken(TokenAuthority())
            limit(registry, on: RequestMatcher("GET", "/token"))
            for _ in 0..<6 {
                _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(registry.requests.count("GET", "/token") == 1)
            #expect(registry.requests.all.count == 2)
        }
    }

    @Test("an endpoint that cools down is passed over, the next one asked")
    func endpoints() async throws {
        try await ScriptedRegistry.with { mirror in
            try await ScriptedRegistry.with { origin in
                origin.add(repository: repository, image: image)
                limit(mirror)
                try await withClient(of: mirror, origin) { client in
                    for _ in 0..<3 { _ = try await client.manifest(try name(), try tag()) }
                }
                #expect(mirror.requests.all.count == 1)
                #expect(origin.requests.all.count == 3)
            }
        }
    }

    @Test("a pause is no news of the registry: its state stays what its last answer was")
    func activity() async throws {
        try await withImage { registry, _, client in
            limit(registry)
            _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            let before = client.activity.snapshot
            _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            let after = client.activity.snapshot
            #expect(before.requestsByOutcome == [.rateLimited: 1])
            #expect(after.requestsByOutcome == before.requestsByOutcome)
            #expect(after.lastFailure == before.lastFailure)
        }
    }
}
