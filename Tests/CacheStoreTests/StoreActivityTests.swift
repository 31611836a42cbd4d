/// What the store counts of its own work.
import Foundation
import Measurement
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Store activity")
struct StoreActivityTests {
    private struct Refused: Error {}

    @Test("each write is a job of a transaction, whose time is measured")
    func transactions() async throws {
        try await withStore { test in
            let before = test.store.activity.index
            try await test.store.recordProof(of: test.digest, in: test.key)
            try await test.store.recordProof(of: test.digest, in: test.key)
            let after = test.store.activity.index
            #expect(after.jobs == before.jobs + 2)
            #expect(after.transactions == before.transactions + 2)
            #expect(after.transactionSeconds.count == after.transactions)
            #expect(after.failures == before.failures)
        }
    }

    @Test("a write that fails is counted, and takes none with it")
    func failures() async throws {
        try await withStore { test in
            let before = test.store.activity.index
            let (writer, digest, key) = (test.store.writer, test.digest, test.key)
            async let kept: Void = writer.perform { try $0.insertProof(digest, in: key) }
            await #expect(throws: Refused.self) {
                try await writer.perform { _ -> Void in throw Refused() }
            }
            try await kept
            let after = test.store.activity.index
            #expect(after.failures == before.failures + 1)
            #expect(after.jobs == before.jobs + 2)
        }
    }

    @Test("R5, R6: damaged objects are counted", arguments: [true, false])
    func damage(isShort: Bool) async throws {
        try await withStore { test in
            try await test.commit()
            let record = try #require(try await test.record())
            if isShort {
                #expect(truncate(test.blobPath, 100) == 0)
            } else {
                try test.place([UInt8](repeating: 0, count: test.bytes.count))
            }
            let content = try await test.store.content(of: test.digest, record: record)
            _ = await content?.outcome()
            #expect(test.store.activity.damagedObjects == 1)
        }
    }

    @Test("evictions are counted by their reason, in objects and bytes on the disk")
    func evictions() async throws {
        try await withStore { test in
            var limits = StoreLimits()
            limits.minAge = -1
            try await test.store.apply(limits)
            try await test.commit()
            #expect(try await test.store.objectCount() == 1)
            let bytes = test.store.budget.state.committed
            _ = try await test.store.evict(to: 0, isDryRun: true)
            #expect(test.store.activity.evictions.isEmpty)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            let evictions = test.store.activity.evictions
            #expect(Array(evictions.keys) == [.requested])
            #expect(evictions[.requested]?.objects == 1)
            #expect(evictions[.requested]?.bytes == bytes)
            #expect(try await test.store.objectCount() == 0)
        }
    }
}
