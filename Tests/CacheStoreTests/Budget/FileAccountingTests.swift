/// Files without a row, or without a name, are counted as long as they take space.
import Foundation
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Files that are counted")
struct FileAccountingTests {
    private func blob(_ seed: UInt64, count: Int) -> [UInt8] {
        SeededBytes.make(count: count, seed: seed)
    }

    private func refuseRows(_ test: TestStore) async throws {
        try await test.store.writer.perform { database in
            try database.execute(
                """
                CREATE TRIGGER refuse BEFORE INSERT ON blob BEGIN
                    SELECT raise(ABORT, 'refused');
                END
                """)
        }
    }

    @Test("R39: content whose row cannot be written is not kept, and counts until it is read")
    func refusedRow() async throws {
        try await withStore { test in
            try await refuseRows(test)
            var fill: Fill? = try await test.fill()
            try await fill?.verify()
            await fill?.commit()
            #expect(!test.hasFile)
            #expect(test.store.budget.state.held == Budget.inBlocks(300_000))
            fill = nil
            try await test.expectConsistent()
        }
    }

    @Test("R39: a manifest whose row cannot be written is not kept")
    func refusedManifest() async throws {
        try await withStore { test in
            try await refuseRows(test)
            await #expect(throws: SQLiteError.self) {
                try await test.put(manifest: SyntheticImage(seed: 1).manifest)
            }
            try await test.expectConsistent()
        }
    }

    @Test("R21: a file that is opened just as it is removed is a miss, or counts as held")
    func openedWhileRemoved() async throws {
        try await withStore { test in
            let bytes = blob(1, count: 5000)
            let digest = Digest.sha256(of: bytes)
            for _ in 0..<100 {
                try await test.commit(bytes)
                let record = try await test.store.reader.read { try $0.blob(digest) }
                async let removal: Void = test.store.committer.remove(digest)
                var contents: [GrowingFile] = []
                while let content = try await test.store.content(of: digest, record: record) {
                    contents.append(content)
                }
                try await removal
                try await test.expectConsistent(held: contents.isEmpty ? 0 : 8192)
                contents = []
            }
        }
    }
}
