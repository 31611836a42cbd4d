/// Files and index that do not agree, or that lost what was in them.
import Foundation
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Damage to the store")
struct StoreDamageTests {
    @Test("R6: a file shorter than recorded is a miss and is removed")
    func shortFile() async throws {
        try await withStore { test in
            try await test.commit()
            let record = try #require(try await test.record())
            #expect(truncate(test.blobPath, 100) == 0)
            #expect(try await test.store.content(of: test.digest, record: record) == nil)
            #expect(try await test.record() == nil)
            #expect(!test.hasFile)
        }
    }

    @Test("R5: a file changed since it was verified is verified again and removed if damaged")
    func bitFlip() async throws {
        try await withStore { test in
            try await test.commit()
            let record = try #require(try await test.record())
            let handle = try #require(FileHandle(forUpdatingAtPath: test.blobPath))
            try handle.write(contentsOf: [test.bytes[0] ^ 1])
            try handle.close()
            let content = try #require(
                try await test.store.content(of: test.digest, record: record))
            #expect(await content.outcome() != nil)
            #expect(try await test.store.content(of: test.digest, record: nil) == nil)
        }
    }

    @Test(
        "R26: a file full of zeros never completes, with a row and without",
        arguments: [true, false])
    func zeroFilled(hasRow: Bool) async throws {
        try await withStore { test in
            if hasRow { try await test.commit() }
            try await test.restart {
                try test.place([UInt8](repeating: 0, count: test.bytes.count))
            }
            let record = try await test.record()
            #expect((record != nil) == hasRow)
            let content = try #require(
                try await test.store.content(of: test.digest, record: record))
            let end = Int64(test.bytes.count)
            #expect(content.availability(at: end - 1, end: end) != .bytes(upTo: end))
            #expect(await content.outcome() != nil)
            #expect(!test.hasFile)
            #expect(try await test.record() == nil)
        }
    }

    @Test("R26: a file full of zeros is not adopted")
    func zeroFilledReconciled() async throws {
        try await withStore { test in
            try await test.restart {
                try test.place([UInt8](repeating: 0, count: test.bytes.count))
            }
            await test.store.reconcile()
            #expect(!test.hasFile)
            #expect(try await test.record() == nil)
        }
    }

    @Test("R28, R29: without its database the store adopts what lies on the disk")
    func adoption() async throws {
        try await withStore { test in
            try await test.commit()
            try await test.restart {
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: test.database + suffix)
                }
            }
            await test.store.reconcile()
            #expect(try await test.record()?.size == 300_000)
        }
    }

    @Test("R29: a database that is none is set aside")
    func corruptDatabase() async throws {
        try await withStore { test in
            try await test.restart {
                try Data(SeededBytes.make(count: 8192, seed: 1)).write(
                    to: URL(fileURLWithPath: test.database))
            }
            #expect(try await test.record() == nil)
        }
    }

    @Test("R28: a row whose file is gone is a miss and loses its row")
    func missingFile() async throws {
        try await withStore { test in
            try await test.commit()
            try FileManager.default.removeItem(atPath: test.blobPath)
            await test.store.reconcile()
            #expect(try await test.record() == nil)
        }
    }

    @Test("R31: an index without the last transactions finds their content again, not their tags")
    func lostTransactions() async throws {
        try await withStore { test in
            let older = test.directory.file("older.db")
            let tag = try Tag("latest")
            try await test.restart {
                try FileManager.default.copyItem(atPath: test.database, toPath: older)
            }
            try await test.commit()
            try await test.store.recordTag(tag, in: test.key, is: test.digest)
            try await test.restart {
                try FileManager.default.removeItem(atPath: test.database)
                try FileManager.default.copyItem(atPath: older, toPath: test.database)
            }
            #expect(try await test.record() == nil)
            #expect(try await test.store.tag(tag, in: test.key) == nil)
            let content = try #require(
                try await test.store.content(of: test.digest, record: nil))
            #expect(await content.outcome() == nil)
            #expect(try await test.record()?.size == 300_000)
        }
    }
}
