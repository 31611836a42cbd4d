/// Copies of the index, and what they are good for.
import Foundation
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Backups of the index")
struct BackupTests {
    private func remember(_ test: TestStore) async throws -> OCI.Tag {
        let tag = try OCI.Tag("1")
        try await test.commit()
        try await test.store.recordTag(tag, in: test.key, is: test.digest)
        return tag
    }

    private func removeIndex(_ test: TestStore) throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: test.database + suffix)
        }
    }

    @Test(
        "R29, R35: the newest copy takes the place of an index that is lost or damaged",
        arguments: [true, false])
    func restored(isLost: Bool) async throws {
        try await withStore { test in
            let tag = try await remember(test)
            _ = try await test.store.backUp()
            try await test.restart {
                try removeIndex(test)
                guard !isLost else { return }
                try Data(repeating: 0x55, count: 8192).write(to: URL(filePath: test.database))
            }
            #expect(try await test.store.tag(tag, in: test.key)?.digest == test.digest)
            let knowledge = try await test.store.knowledge(of: test.digest, in: test.key)
            #expect(knowledge.isProven)
            let record = try #require(knowledge.blob)
            let content = try await test.store.bytes(
                of: test.digest, record: record, limit: test.bytes.count)
            #expect(content == test.bytes)
        }
    }

    @Test("R35: what was stored or removed after the copy is put right")
    func later() async throws {
        try await withStore { test in
            let early = SeededBytes.make(count: 5000, seed: 40)
            _ = try await test.commit(early)
            _ = try await test.store.backUp()
            try await test.commit()
            try await test.store.committer.remove(.sha256(of: early))
            try await test.restart { try removeIndex(test) }
            await test.store.reconcile()
            #expect(try await test.record() != nil)
            #expect(try await test.store.reports.read { try $0.counter("blobs") } == 1)
            #expect(test.store.budget.state.committed == 300_000 / 4096 * 4096 + 4096)
        }
    }

    @Test("a copy that cannot be used is passed over, and the index rebuilt from the blobs")
    func unusable() async throws {
        try await withStore { test in
            try await test.commit()
            let copy = try await test.store.backUp()
            try await test.restart {
                try removeIndex(test)
                try Data("no database".utf8).write(to: URL(filePath: copy.path))
            }
            await test.store.reconcile()
            #expect(try await test.record() != nil)
        }
    }

    @Test("the last copies are kept, and one is due after its interval")
    func rotation() async throws {
        try await withStore { test in
            for _ in 1...4 {
                test.clock.advance(by: 3600)
                #expect(try await test.store.isBackupDue(every: 3600))
                _ = try await test.store.backUp(keep: 2)
                #expect(try await !test.store.isBackupDue(every: 3600))
            }
            let names = DataDirectory.names(in: test.directory.file("data/backups"))
            #expect(names.count == 2)
            #expect(names.contains("larder-\(test.clock.now).db"))
        }
    }
}
