/// The counting tables stay bounded.
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Upkeep")
struct UpkeepTests {
    @Test("clients are capped, the coldest are merged into one row, nothing is lost")
    func clients() async throws {
        try await withStore { test in
            for number in 0..<(Database.maximumClients + 50) {
                if number % 1000 == 0 { await test.store.flushAccounts() }
                test.clock.advance(by: 1)
                test.count(.listing, bytes: number, client: "client-\(number)")
            }
            await test.store.flushAccounts()
            let sums = "SELECT sum(requests) || ' ' || sum(bytes) FROM client_traffic"
            let before = try await test.texts(sums)
            await test.store.keepIndexSmall()
            #expect(
                try await test.integer("SELECT count(*) FROM client_traffic")
                    == Database.maximumClients)
            await test.store.keepIndexSmall()
            #expect(try await test.texts(sums) == before)
            #expect(
                try await test.texts(
                    "SELECT requests || ' ' || bytes FROM client_traffic WHERE address = 'other'")
                    == ["51 \((0...50).reduce(0, +))"])
            #expect(
                try await test.integer(
                    "SELECT count(*) FROM client_traffic WHERE address = 'client-51'") == 1)
            test.count(.listing, client: "late")
            await test.store.flushAccounts()
            await test.store.keepIndexSmall()
            let count = try await test.integer("SELECT count(*) FROM client_traffic") ?? 0
            #expect(count <= Database.maximumClients)
        }
    }

    @Test("more clients than are held between two flushes count as other")
    func clientsInMemory() async throws {
        let accounts = Accounts()
        let key = RepositoryKey(upstream: "docker.io", repository: try RepositoryName("a/b"))
        for number in 0..<10_010 {
            accounts.record(
                RequestRecord(
                    client: "client-\(number)", repository: key, subject: .listing, isHead: false,
                    startsAtZero: true, status: 200, result: .miss, bytes: 1), at: 0)
        }
        let clients = accounts.take().clients
        #expect(clients.count == 10_001)
        #expect(clients["other"]?.requests == 10)
    }

    @Test("hours older than 90 days become days, and add up to the same")
    func timeline() async throws {
        try await withStore { test in
            let day: Int64 = 86_400
            let start = test.clock.now
            for hour in 0..<72 {
                test.count(.blob(numbered(1)), bytes: Int64(hour))
                await test.store.flushAccounts()
                if hour < 71 { test.clock.advance(by: 3600) }
            }
            let sums = "SELECT sum(requests) || ' ' || sum(bytes_served) FROM timeline"
            let before = try await test.texts(sums)
            #expect(try await test.integer("SELECT count(*) FROM timeline") == 72)
            await test.store.keepIndexSmall()
            #expect(try await test.integer("SELECT count(*) FROM timeline") == 72)
            test.clock.advance(by: 88 * day)
            for _ in 0..<2 { await test.store.keepIndexSmall() }
            let limit = (test.clock.now - 90 * day) / day * day
            #expect(
                try await test.integers(
                    "SELECT DISTINCT start_at FROM timeline WHERE seconds = 86400 ORDER BY 1")
                    == Array(stride(from: start / day * day, to: limit, by: Int(day))))
            #expect(
                try await test.integer(
                    "SELECT count(*) FROM timeline WHERE seconds = 3600 AND start_at < \(limit)")
                    == 0)
            #expect(try await test.texts(sums) == before)
            test.clock.advance(by: 3 * day)
            await test.store.keepIndexSmall()
            #expect(
                try await test.integer("SELECT count(*) FROM timeline WHERE seconds = 3600") == 0)
            #expect(try await test.texts(sums) == before)
        }
    }

    @Test("the last 10,000 evictions are kept")
    func evictions() async throws {
        try await withStore { test in
            try await test.store.writer.perform { database in
                try database.execute(
                    """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10007)
                    INSERT INTO eviction (evicted_at, digest, kind, reason, disk_size, accessed_at)
                    SELECT i, x'00', 'blob', 'budget', 1, 1 FROM n
                    """)
            }
            await test.store.keepIndexSmall()
            #expect(try await test.integer("SELECT count(*) FROM eviction") == 10_000)
            #expect(try await test.integer("SELECT min(evicted_at) FROM eviction") == 8)
        }
    }

    @Test("proofs and digests that nothing needs are pruned, all others stay")
    func pruning() async throws {
        try await withStore { test in
            let image = SyntheticImage(seed: 1)
            try await test.put(image, tag: "1")
            let partial = try await test.beginFill(of: numbered(7), length: 1000)
            try await test.store.recordProof(of: numbered(7), in: test.key)
            try await partial.append(ByteBuffer(bytes: [1, 2, 3]))
            await partial.suspend()
            let proofs = try await test.integer("SELECT count(*) FROM proof") ?? 0
            let digests = try await test.integer("SELECT count(*) FROM digest") ?? 0
            for number in 100..<1300 {
                try await test.store.recordProof(of: numbered(Int64(number)), in: test.key)
            }
            await test.store.keepIndexSmall()
            #expect(try await test.integer("SELECT count(*) FROM proof") == proofs)
            #expect(try await test.integer("SELECT count(*) FROM digest") == digests)
            try await test.expectConsistent()
            test.clock.advance(by: 10)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            await test.store.keepIndexSmall()
            #expect(try await test.integer("SELECT count(*) FROM digest") == 1)
        }
    }
}
