/// Counts from memory to the index.
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Accounting")
struct AccountingTests {
    private let image = SyntheticImage(seed: 4)

    private func traffic(_ test: TestStore, _ table: String) async throws -> [String: Int64] {
        try await test.store.reports.read { database in
            let columns = Traffic.columns.map(\.name)
            let sums = columns.map { "coalesce(sum(\($0)), 0)" }.joined(separator: ", ")
            let row = try database.first("SELECT \(sums) FROM \(table)") { row in
                columns.enumerated().map { ($1, row.integer(Int32($0))) }
            }
            return Dictionary(uniqueKeysWithValues: (row ?? []).filter { $0.1 != 0 })
        }
    }

    @Test("a flush writes everything that was counted, once")
    func flush() async throws {
        try await withStore { test in
            try await test.put(image, tag: "latest")
            let tag = try OCI.Tag("latest")
            test.clock.advance(by: 100)
            test.count(.manifest(image.digest, tag: tag), result: .miss, bytes: 500)
            test.count(.blob(image.layerDigests[0]), bytes: 1000)
            test.count(.blob(image.layerDigests[0]), isHead: true)
            test.count(
                .blob(image.layerDigests[1]), startsAtZero: false, status: 206, bytes: 10)
            test.store.recordFetched(700, for: test.key)
            for _ in 0..<2 { await test.store.flushAccounts() }
            let expected: [String: Int64] = [
                "requests": 4, "hits": 1, "misses": 1, "heads": 1, "pulls": 1,
                "bytes_served": 1510, "bytes_hit": 1010, "bytes_fetched": 700,
            ]
            for table in ["upstream_traffic", "repository_traffic", "timeline"] {
                #expect(try await traffic(test, table) == expected)
            }
            #expect(
                try await test.integers("SELECT start_at FROM timeline")
                    == [Tally.hour(of: test.clock.now)])
            #expect(
                try await test.texts(
                    "SELECT reference || ' ' || pulls || ' ' || bytes || ' ' || accessed_at FROM image"
                ) == ["latest 1 1510 \(test.clock.now)"])
            #expect(
                try await test.texts(
                    "SELECT address || ' ' || requests || ' ' || bytes FROM client_traffic")
                    == ["10.0.0.1 4 1510"])
        }
    }

    @Test("a HEAD is a use of a tag's manifest, not of a blob")
    func headUse() async throws {
        try await withStore { test in
            try await test.put(image, tag: "latest")
            let stored = test.clock.now
            test.clock.advance(by: 100)
            test.count(
                .manifest(image.digest, tag: try OCI.Tag("latest")), isHead: true)
            test.count(.blob(image.layerDigests[0]), isHead: true)
            await test.store.flushAccounts()
            #expect(try await test.accessedAt(image.digest) == stored + 100)
            #expect(try await test.accessedAt(image.layerDigests[0]) == stored)
            #expect(try await test.integer("SELECT max(used_at) FROM manifest") == stored + 100)
            #expect(try await test.integer("SELECT sum(hits) FROM access") == 0)
        }
    }

    @Test("hits of a digest are those from its first byte")
    func hits() async throws {
        try await withStore { test in
            try await test.put(image)
            for startsAtZero in [true, true, false] {
                test.count(.blob(image.layerDigests[0]), startsAtZero: startsAtZero)
            }
            test.count(.blob(image.layerDigests[0]), status: 404, result: .error)
            await test.store.flushAccounts()
            #expect(try await test.integer("SELECT sum(hits) FROM access") == 2)
        }
    }

    @Test("what was counted is written when the store closes")
    func closing() async throws {
        try await withStore { test in
            try await test.put(image)
            test.count(.blob(image.layerDigests[0]))
            try await test.restart()
            #expect(try await test.integer("SELECT sum(hits) FROM access") == 1)
        }
    }

    @Test("what was counted is written before a plan is made")
    func beforePlan() async throws {
        try await withStore { test in
            try await test.put(image)
            test.clock.advance(by: 10)
            test.count(.manifest(image.digest, tag: nil))
            _ = try await test.store.evict(to: 0, isDryRun: true)
            #expect(try await test.integer("SELECT sum(hits) FROM access") == 1)
        }
    }

    @Test("a pull that is counted before its manifest is stored is not lost")
    func lateManifest() async throws {
        try await withStore { test in
            let tag = try OCI.Tag("latest")
            test.count(.manifest(image.digest, tag: tag), result: .miss, bytes: 100)
            await test.store.flushAccounts()
            #expect(try await test.integer("SELECT count(*) FROM image") == 0)
            test.count(.blob(image.layerDigests[0]), result: .miss, bytes: 10)
            try await test.put(image, tag: "latest")
            await test.store.flushAccounts()
            await test.store.flushAccounts()
            #expect(
                try await test.texts("SELECT reference || ' ' || pulls || ' ' || bytes FROM image")
                    == ["latest 1 110"])
        }
    }

    @Test("a pull whose manifest is never stored is given up")
    func uncachedManifest() async throws {
        try await withStore { test in
            test.count(.manifest(image.digest, tag: try OCI.Tag("latest")), result: .miss)
            for _ in 0..<20 { await test.store.flushAccounts() }
            #expect(test.store.accounts.take().isEmpty)
        }
    }

    @Test("names that were never answered with content get no row, their errors count upstream")
    func unknownNames() async throws {
        try await withStore { test in
            try await test.put(image)
            let other = try test.key("no/such")
            test.count(.manifest(nil, tag: nil), status: 404, result: .error, bytes: 80, in: other)
            test.count(.blob(numbered(1)), status: 503, result: .error, bytes: 80, in: other)
            await test.store.flushAccounts()
            #expect(try await test.texts("SELECT name FROM repository") == ["library/app"])
            #expect(
                try await traffic(test, "upstream_traffic")
                    == ["requests": 2, "errors": 1, "bytes_served": 160])
        }
    }

    @Test("an image's row goes with its manifest")
    func evictedImage() async throws {
        try await withStore { test in
            try await test.put(image, tag: "latest")
            test.count(.manifest(image.digest, tag: try OCI.Tag("latest")))
            test.clock.advance(by: 10)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            #expect(try await test.integer("SELECT count(*) FROM image") == 0)
            #expect(try await test.integer("SELECT count(*) FROM tag") == 0)
            #expect(try await traffic(test, "repository_traffic")["hits"] == 1)
            try await test.expectConsistent()
        }
    }
}
