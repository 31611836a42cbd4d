// Several credentials of one upstream: which one is sent.
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Several credentials", .timeLimit(.minutes(1)))
struct IdentityRotationTests {
    private let image = SyntheticImage(seed: 22)
    private let first = RequestMatcher(basic: "a:1")
    private let second = RequestMatcher(basic: "b:2")

    private func withTwo(
        good: [String] = ["a:1", "b:2"], clock: ManualClock = ManualClock(),
        _ body: (ScriptedRegistry, RegistryClient) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            registry.add(repository: "library/other", image: image)
            registry.requireBasic(good)
            try await withClient(of: registry) { settings in
                settings.credentials = [("a", "1"), ("b", "2")].map {
                    .fixed(Credential(username: $0.0, password: Secret($0.1)))
                }
            } now: {
                clock.now
            } _: { client in
                try await body(registry, client)
            }
            let unsigned = registry.requests.all.filter { $0.header("authorization") == nil }
            #expect(unsigned.count == 1, "only the request that learns the challenge")
        }
    }

    private func pull(_ client: RegistryClient, _ repository: String = repository) async throws {
        let manifest = try await client.manifest(try RepositoryName(repository), try tag())
        #expect(manifest.bytes == image.manifest)
    }

    @Test("one that cools down gives way, within the same request and after it (R59)")
    func limited() async throws {
        let clock = ManualClock()
        try await withTwo(clock: clock) { registry, client in
            registry.inject(
                .respond(status: 429, headers: [("Retry-After", "60")]), on: first, uses: 1)
            for _ in 0..<3 { try await pull(client) }
            #expect(registry.requests.matching(first).count == 1)
            #expect(registry.requests.matching(second).count == 3)
            let identities = client.activity.snapshot.identities
            #expect(identities.map(\.label) == ["a", "b"])
            #expect(identities.map { $0.pause != nil } == [true, false])
            clock.advance(by: .seconds(60))
            try await pull(client)
            #expect(registry.requests.matching(first).count == 2)
        }
    }

    @Test("where all cool down, the shortest pause is told")
    func allLimited() async throws {
        try await withTwo { registry, client in
            for (matcher, seconds) in [(first, "60"), (second, "40")] {
                registry.inject(
                    .respond(status: 429, headers: [("Retry-After", seconds)]), on: matcher)
            }
            for _ in 0..<4 {
                let kind = try await errorKind { try await pull(client) }
                #expect(kind == .rateLimited(retryAfterSeconds: 40))
            }
            #expect(registry.requests.all.count == 3)
        }
    }

    @Test("one that is refused gives way, and is not asked again for that repository")
    func refused() async throws {
        try await withTwo(good: ["b:2"]) { registry, client in
            for _ in 0..<3 { try await pull(client) }
            #expect(registry.requests.matching(first).count == 1)
            #expect(registry.requests.matching(second).count == 3)
            try await pull(client, "library/other")
            #expect(registry.requests.matching(first).count == 2)
        }
    }

    @Test("a 403 makes way for the next one; where all are refused, that is the answer")
    func forbidden() async throws {
        try await withTwo { registry, client in
            registry.inject(.respond(status: 403), on: first)
            try await pull(client)
            registry.inject(.respond(status: 403), on: second)
            let kind = try await errorKind { try await pull(client) }
            #expect(kind == .status(403))
        }
    }

    @Test("where the one that may be allowed cools down, the answer is no refusal")
    func refusedAndLimited() async throws {
        try await withTwo(good: ["b:2"]) { registry, client in
            registry.inject(
                .respond(status: 429, headers: [("Retry-After", "40")]), on: second)
            for _ in 0..<3 {
                let kind = try await errorKind { try await pull(client) }
                #expect(kind == .rateLimited(retryAfterSeconds: 40))
            }
            #expect(registry.requests.all.count == 3)
        }
    }

    @Test("one with no pulls left gives way for pulls, and still does for HEAD")
    func usedUp() async throws {
        try await withTwo { registry, client in
            registry.inject(.setHeader("ratelimit-limit", "100;w=21600"), on: first)
            registry.inject(.setHeader("ratelimit-remaining", "0;w=21600"), on: first)
            for _ in 0..<3 { try await pull(client) }
            #expect(registry.requests.matching(first).count == 1)
            _ = try await client.headManifest(try name(), try tag())
            #expect(registry.requests.matching(first).count == 2)
            let limits = client.activity.snapshot.identities.map { $0.rateLimit?.remaining }
            #expect(limits == [0, nil])
        }
    }

    @Test("at the reserve of every credential a stale tag is preferred, until the window is over")
    func prefersStale() async throws {
        let clock = ManualClock()
        try await withTwo(clock: clock) { registry, client in
            #expect(!client.prefersStale)
            registry.inject(.respond(status: 403), on: first, uses: 1)
            registry.inject(.setHeader("ratelimit-limit", "100;w=600"), on: RequestMatcher())
            registry.inject(.setHeader("ratelimit-remaining", "10;w=600"), on: first)
            registry.inject(.setHeader("ratelimit-remaining", "3;w=600"), on: second)
            registry.inject(.setHeader("ratelimit-remaining", "11;w=600"), on: second, uses: 1)
            try await pull(client)
            #expect(!client.prefersStale)
            try await pull(client)
            #expect(client.prefersStale)
            clock.advance(by: .seconds(600))
            #expect(!client.prefersStale)
        }
    }
}
