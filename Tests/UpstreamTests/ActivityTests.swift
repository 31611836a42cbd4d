// What the client tells of its upstream: state, counts, rate limit, tokens.
import Measurement
import OCI
import Synchronization
import TestKit
import Testing

@testable import Upstream

@Suite("Upstream activity", .timeLimit(.minutes(1)))
struct ActivityTests {
    private let image = SyntheticImage(seed: 3)

    private func withImage(
        _ body: (ScriptedRegistry, RegistryClient) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await withClient(of: registry) { try await body(registry, $0) }
        }
    }

    @Test("the state keeps the time of its last change, and the last failure its word")
    func transitions() {
        let time = Mutex<Int64>(100)
        let activity = UpstreamActivity(now: { time.withLock { $0 } })
        #expect(activity.snapshot.state == .unknown)
        #expect(activity.snapshot.since == nil)
        let steps: [(UpstreamError.Kind?, UpstreamActivity.Snapshot.State, since: Int64)] = [
            (nil, .up, 101), (.status(404), .up, 101), (.status(503), .failing, 103),
            (.timedOut(.connect), .failing, 103), (.status(501), .up, 105),
            (.rateLimited(retryAfterSeconds: 1), .failing, 106),
        ]
        for (kind, state, since) in steps {
            time.withLock { $0 += 1 }
            activity.judge(kind)
            let snapshot = activity.snapshot
            #expect(snapshot.state == state)
            #expect(snapshot.since == since)
        }
        #expect(activity.snapshot.lastSuccess == 105)
        #expect(activity.snapshot.lastFailure == 106)
        #expect(activity.snapshot.lastFailureWord == "rate_limited")
    }

    static let statuses: [(Int, UpstreamOutcome)] = [
        (200, .success), (206, .success), (307, .redirect), (304, .redirect),
        (401, .unauthorized), (403, .refused), (404, .notFound), (429, .rateLimited),
        (500, .serverError), (599, .serverError), (600, .other), (100, .other),
    ]

    @Test("every status has one outcome", arguments: statuses)
    func outcomes(status: Int, expected: UpstreamOutcome) {
        #expect(UpstreamOutcome(status: status) == expected)
    }

    @Test("a manifest is one request, its bytes counted, the upstream up")
    func success() async throws {
        try await withImage { _, client in
            _ = try await client.manifest(try name(), try tag())
            let snapshot = client.activity.snapshot
            #expect(snapshot.state == .up)
            #expect(snapshot.lastSuccess != nil && snapshot.lastFailure == nil)
            #expect(snapshot.requestsByOutcome == [.success: 1])
            #expect(snapshot.secondsToHead.count == 1)
            #expect(snapshot.receivedBytes == image.manifest.count)
        }
    }

    @Test("an absent tag is an answer: the upstream stays up")
    func absent() async throws {
        try await withImage { _, client in
            _ = try await errorKind { try await client.manifest(try name(), try tag("none")) }
            #expect(client.activity.snapshot.state == .up)
            #expect(client.activity.snapshot.requestsByOutcome == [.notFound: 1])
        }
    }

    static let failures: [(Fault, UpstreamOutcome, String)] = [
        (.respond(status: 503), .serverError, "status_503"),
        (.respond(status: 429), .rateLimited, "rate_limited"),
        (.close, .unreachable, "unreachable"),
    ]

    @Test("a failure is counted and told by its word", arguments: failures)
    func failing(fault: Fault, outcome: UpstreamOutcome, word: String) async throws {
        try await withImage { registry, client in
            registry.inject(fault, on: RequestMatcher("GET"))
            _ = try await errorKind { try await client.manifest(try name(), try tag()) }
            let snapshot = client.activity.snapshot
            #expect(snapshot.state == .failing)
            #expect(snapshot.lastFailureWord == word)
            #expect(snapshot.requestsByOutcome == [outcome: 1])
        }
    }

    @Test("a registry's rate limit is the last one that it told of")
    func rateLimit() async throws {
        try await withImage { registry, client in
            registry.inject(
                .setHeader("ratelimit-limit", "100;w=21600"), on: RequestMatcher(), uses: 1)
            registry.inject(
                .setHeader("ratelimit-remaining", "98;w=21600"), on: RequestMatcher(), uses: 1)
            _ = try await client.manifest(try name(), try tag())
            _ = try await client.manifest(try name(), try tag())
            let limit = try #require(client.activity.snapshot.rateLimit)
            #expect((limit.limit, limit.remaining) == (100, 98))
            #expect(limit.windowSeconds == 21600)
        }
    }

    @Test("signing in counts each of its requests, and the token held")
    func tokens() async throws {
        try await withImage { registry, client in
            registry.requireToken(TokenAuthority())
            _ = try await client.manifest(try name(), try tag())
            let snapshot = client.activity.snapshot
            #expect(snapshot.tokens == 1)
            #expect(snapshot.requestsByOutcome == [.unauthorized: 1, .success: 2])
            #expect(snapshot.state == .up)
        }
    }

    @Test("a cancelled request says nothing of the upstream")
    func cancelled() async throws {
        try await withImage { registry, client in
            registry.inject(.hang(), on: RequestMatcher("GET"))
            let pull = Task { try await client.manifest(try name(), try tag()) }
            try await registry.requests.wait(for: RequestMatcher("GET"))
            pull.cancel()
            _ = await pull.result
            #expect(client.activity.snapshot.state == .unknown)
            #expect(client.activity.snapshot.requestsByOutcome.isEmpty)
        }
    }
}
