// Which identity a request goes out with.
import NIOHTTP1
import OCI
import Testing

@testable import Upstream

@Suite("Identities")
struct IdentityTableTests {
    private let now = ContinuousClock.now
    private let origin = EndpointURL.Origin(isTLS: true, host: "registry.example.com", port: 443)

    private func scope(_ repository: String = "team/app") throws -> IdentityTable.Scope {
        IdentityTable.Scope(origin: origin, repository: try RepositoryName(repository))
    }

    private func limit(_ remaining: Int, of limit: Int = 100) throws -> RateLimit {
        let headers: HTTPHeaders = [
            "ratelimit-limit": "\(limit);w=60", "ratelimit-remaining": "\(remaining);w=60",
        ]
        return try #require(RateLimit(headers, seenAt: 0))
    }

    private func choice(
        _ table: IdentityTable, _ scope: IdentityTable.Scope, isCounted: Bool = true,
        except tried: Set<Int> = [], after: Duration = .zero
    ) -> IdentityTable.Choice {
        table.choice(for: scope, isCounted: isCounted, except: tried, at: now + after)
    }

    @Test("the first is used until it cools down, then the next, then none (R59)")
    func coolsDown() throws {
        var table = IdentityTable(count: 2)
        let scope = try scope()
        #expect(choice(table, scope) == .use(0))
        table.limited(0, at: origin, retryAfter: .seconds(30), now: now, jitter: 0)
        #expect(choice(table, scope) == .use(1))
        table.limited(1, at: origin, retryAfter: .seconds(20), now: now, jitter: 0)
        #expect(choice(table, scope) == .coolingDown(.seconds(20)))
        #expect(choice(table, scope, after: .seconds(20)) == .use(1))
        #expect(choice(table, scope, after: .seconds(30)) == .use(0))
        let snapshot = table.snapshot(of: 0, label: "a", at: now)
        #expect(snapshot == .init(label: "a", rateLimit: nil, pause: .seconds(30), refused: 0))
    }

    @Test("a cool-down is of one origin")
    func byOrigin() throws {
        var table = IdentityTable(count: 1)
        table.limited(0, at: origin, retryAfter: .seconds(30), now: now, jitter: 0)
        let other = EndpointURL.Origin(isTLS: true, host: "mirror.example.com", port: 443)
        #expect(choice(table, .init(origin: other, repository: nil)) == .use(0))
    }

    @Test("one with nothing left gives way for pulls, not for what does not count")
    func usedUp() throws {
        var table = IdentityTable(count: 2)
        let scope = try scope()
        table.told(0, try limit(0), by: origin, at: now)
        #expect(choice(table, scope) == .use(1))
        #expect(choice(table, scope, isCounted: false) == .use(0))
        #expect(choice(table, scope, after: .seconds(60)) == .use(0))
        table.told(1, try limit(0), by: origin, at: now)
        #expect(choice(table, scope) == .use(0))
    }

    @Test("one that was refused gives way for that repository, for a while")
    func refusals() throws {
        var table = IdentityTable(count: 2)
        let scope = try scope()
        table.refused(0, for: scope, at: now)
        #expect(choice(table, scope) == .use(1))
        #expect(choice(table, try self.scope("team/other")) == .use(0))
        #expect(choice(table, scope, after: .seconds(300)) == .use(0))
        table.refused(1, for: scope, at: now)
        #expect(choice(table, scope) == .use(0))
        #expect(choice(table, scope, except: [0]) == .use(1))
        #expect(choice(table, scope, except: [0, 1]) == .none)
        table.served(0, for: scope, forgives: true)
        #expect(choice(table, scope) == .use(0))
    }

    @Test("where the other cools down, what was refused is not asked again")
    func refusedAndCooling() throws {
        var table = IdentityTable(count: 2)
        let scope = try scope()
        table.refused(0, for: scope, at: now)
        table.limited(1, at: origin, retryAfter: .seconds(9), now: now, jitter: 0)
        #expect(choice(table, scope) == .coolingDown(.seconds(9)))
    }

    @Test("refusals remembered are bounded, as clients name the repositories")
    func bounded() throws {
        var table = IdentityTable(count: 2)
        let count = IdentityTable.maximumRefusals * 2
        for number in 0..<count { table.refused(0, for: try scope("r/\(number)"), at: now) }
        let remembered = try (0..<count).filter { choice(table, try scope("r/\($0)")) == .use(1) }
        #expect(remembered.count == IdentityTable.maximumRefusals)
        let later = now + IdentityTable.refusalLifetime
        let last = try scope("r/\(count)")
        table.refused(0, for: last, at: later)
        #expect(table.choice(for: last, isCounted: true, except: [], at: later) == .use(1))
    }

    static let scarcity: [(remaining: [Int], reserve: Int, expected: Bool)] = [
        ([10], 10, true), ([11], 10, false), ([0], 0, true), ([1], 0, false),
        ([5, 50], 10, false), ([5, 10], 10, true), ([100], 100, true),
    ]

    @Test("a stale tag is preferred where every identity is at its reserve", arguments: scarcity)
    func scarce(remaining: [Int], reserve: Int, expected: Bool) throws {
        var table = IdentityTable(count: remaining.count)
        for (index, number) in remaining.enumerated() {
            table.told(index, try limit(number), by: origin, at: now)
        }
        #expect(table.isScarce(at: origin, reserve: reserve, now: now) == expected)
        #expect(!table.isScarce(at: origin, reserve: reserve, now: now + .seconds(60)))
    }

    @Test("an identity whose limit is not known is not scarce, one that cools down is")
    func unknownLimit() throws {
        var table = IdentityTable(count: 2)
        table.told(0, try limit(1), by: origin, at: now)
        #expect(!table.isScarce(at: origin, reserve: 10, now: now))
        table.limited(1, at: origin, retryAfter: .seconds(5), now: now, jitter: 0)
        #expect(table.isScarce(at: origin, reserve: 10, now: now))
    }
}
