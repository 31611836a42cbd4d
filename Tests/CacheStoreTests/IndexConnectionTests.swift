/// Who may write the index, and what is asked of it at start.
import Foundation
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Index connections")
struct IndexConnectionTests {
    /// The access modes in which this process has `path` open (proc(5), `fdinfo`).
    private func accessModes(of path: String) throws -> [Int32] {
        let descriptors = DataDirectory.names(in: "/proc/self/fd").filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"))
                == path
        }
        return try descriptors.map { name in
            let info = try String(contentsOfFile: "/proc/self/fdinfo/\(name)", encoding: .utf8)
            let line = try #require(info.split(separator: "\n").first { $0.hasPrefix("flags:") })
            let octal = line.dropFirst("flags:".count).trimmingCharacters(in: .whitespaces)
            return try #require(Int32(octal, radix: 8)) & O_ACCMODE
        }.sorted()
    }

    @Test("R30: one connection can write, the others are open for reading only")
    func oneWriter() async throws {
        try await withStore { test in
            try await test.commit()
            #expect(try accessModes(of: test.database) == [O_RDONLY, O_RDONLY, O_RDONLY, O_RDWR])
        }
    }

    @Test(
        "R30: the reading connection refuses to write and to checkpoint",
        arguments: ["DELETE FROM tag", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"])
    func readerRefuses(sql: String) async throws {
        try await withStore { test in
            try await test.commit()
            await #expect(throws: SQLiteError.self) {
                try await test.store.reader.read { try $0.execute(sql) }
            }
        }
    }

    @Test("R30: all connections are closed with the store, the writing one last")
    func closing() async throws {
        try await withStore { test in
            try await test.commit()
            let closed = test.store
            try await test.restart {
                let open = try accessModes(of: test.database)
                #expect(open.isEmpty)
                // Only a last connection that may write folds the WAL in and removes it.
                #expect(!FileManager.default.fileExists(atPath: test.database + "-wal"))
            }
            await #expect(throws: (any Error).self) {
                _ = try await closed.knowledge(of: test.digest, in: test.key)
            }
        }
    }

    @Test("R32: what is asked of the index at start is found by an index, not by a walk")
    func startQueries() async throws {
        try await withStore { test in
            try await test.commit()
            try await test.restart()
            let asked = try await test.store.reader.read { $0.preparedStatements }
            #expect(asked.count >= 2)
            for sql in asked {
                let plan = try await test.store.reader.read { database in
                    try database.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) ?? "" }
                }
                for step in plan where step.hasPrefix("SCAN") {
                    #expect(isBounded(step), "\(step) in \(sql)")
                }
            }
        }
    }

    /// Whether a scan is of what was in flight at the crash: partials, and the index that holds
    /// only the rows marked for deletion.
    private func isBounded(_ step: String) -> Bool {
        step.hasSuffix("INDEX blob_deleting") || step == "SCAN c"
    }

    @Test("R32: opening leaves rows and files for the reconciliation that runs beside serving")
    func opening() async throws {
        try await withStore { test in
            try await test.commit()
            let other = SeededBytes.make(count: 1000, seed: 9)
            let unknown = Digest.sha256(of: other)
            try await test.restart {
                try FileManager.default.removeItem(atPath: test.blobPath)
                let path = URL(fileURLWithPath: test.blobPath(of: unknown))
                try FileManager.default.createDirectory(
                    at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(other).write(to: path)
            }
            #expect(try await test.record() != nil)
            #expect(try await test.store.knowledge(of: unknown, in: test.key).blob == nil)
            await test.store.reconcile()
            #expect(try await test.record() == nil)
            #expect(try await test.store.knowledge(of: unknown, in: test.key).blob?.size == 1000)
        }
    }
}
