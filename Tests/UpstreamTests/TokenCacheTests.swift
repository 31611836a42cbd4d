// One fetch per token, however many wait.
import TestKit
import Testing

@testable import Upstream

private func token(_ text: String) -> Token {
    Token(value: Secret(text), lifetime: .seconds(300))
}

@Suite("Token cache")
struct TokenCacheTests {
    private func key(
        upstream: String = "u", registry: String = "r.example",
        realm: String = "https://a.example/token", service: String? = "s",
        scopes: [String] = ["repository:x:pull"], credential: Credential? = nil
    ) throws -> TokenKey {
        TokenKey(
            upstream: upstream,
            registry: EndpointURL.Origin(isTLS: true, host: registry, port: 443),
            realm: try #require(EndpointURL(realm)), service: service, scopes: scopes,
            credential: credential)
    }

    @Test("50 callers cause one fetch and all get its token (R58)")
    func sharesOneFetch() async throws {
        let cache = TokenCache()
        let key = try key()
        let fetches = CallCounter()
        let gate = TestGate()
        let started = TestGate()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await cache.token(for: key) {
                        fetches.increment()
                        started.open()
                        await gate.wait()
                        return token("one")
                    }.reveal()
                }
            }
            await started.wait()
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: "one", count: 50))
        #expect(fetches.value == 1)
    }

    @Test("a failed fetch reaches all three waiters, and the next caller tries again")
    func broadcastsFailure() async throws {
        let cache = TokenCache()
        let key = try key()
        let gate = TestGate()
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        _ = try await cache.token(for: key) {
                            await gate.wait()
                            throw NoError()
                        }
                        return false
                    } catch {
                        return error is NoError
                    }
                }
            }
            gate.open()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 3)
        #expect(try await cache.token(for: key) { token("two") }.reveal() == "two")
    }

    @Test("upstream, endpoint, realm, service, scope and credential each make another token (R65)")
    func separatesKeys() async throws {
        let cache = TokenCache()
        let keys = [
            try key(), try key(upstream: "v"), try key(registry: "q.example"),
            try key(realm: "https://b.example/token"),
            try key(service: nil), try key(scopes: ["repository:y:pull"]),
            try key(credential: Credential(username: "a", password: Secret("p"))),
            try key(credential: Credential(username: "a", password: Secret("q"))),
        ]
        for (number, key) in keys.enumerated() {
            let value = try await cache.token(for: key) { token("\(number)") }
            #expect(value.reveal() == "\(number)")
        }
        for (number, key) in keys.enumerated() {
            #expect(try await cache.token(for: key) { throw NoError() }.reveal() == "\(number)")
        }
    }

    @Test("a token is renewed before its end; until then a failed renewal does no harm")
    func renewsAhead() async throws {
        let clock = ManualClock()
        let cache = TokenCache(now: { clock.now })
        let key = try key()
        _ = try await cache.token(for: key) { token("one") }
        clock.advance(by: .seconds(269))
        #expect(try await cache.token(for: key) { token("two") }.reveal() == "one")
        clock.advance(by: .seconds(2))
        #expect(try await cache.token(for: key) { throw NoError() }.reveal() == "one")
        clock.advance(by: .seconds(30))
        await #expect(throws: NoError.self) {
            try await cache.token(for: key) { throw NoError() }
        }
        #expect(try await cache.token(for: key) { token("two") }.reveal() == "two")
    }

    @Test("an invalid token is forgotten once: a newer one stays (R58)")
    func invalidatesOnlyThatToken() async throws {
        let cache = TokenCache()
        let key = try key()
        let old = try await cache.token(for: key) { token("old") }
        cache.invalidate(old, for: key)
        _ = try await cache.token(for: key) { token("new") }
        cache.invalidate(old, for: key)
        #expect(try await cache.token(for: key) { token("third") }.reveal() == "new")
    }

    @Test("no more than a bounded number of tokens is kept")
    func isBounded() async throws {
        var table = TokenTable()
        let now = ContinuousClock.now
        let flight = Task<Secret, any Error> { Secret("t") }
        for number in 0...(TokenTable.maximumEntries * 2) {
            let key = try key(scopes: ["repository:r\(number):pull"])
            var id: UInt64 = 0
            _ = table.step(for: key, now: now) {
                id = $0; return flight
            }
            table.finish(key, id: id, token: token("t"), now: now)
            #expect(table.count <= TokenTable.maximumEntries)
        }
    }
}
