/// Consistent copies of the index beside the data.

import Glibc
import Logging
import NIOPosix
import OCI

/// One copy of the index.
package struct IndexBackup: Sendable {
    /// Below the data directory.
    package let path: String
    package let bytes: Int64
    /// Unix seconds.
    package let madeAt: Int64
}

extension Store {
    /// Copies the index as it is now, while serving goes on; keeps the last `keep` copies.
    ///
    /// A copy together with `blobs/` is a whole cache: what was stored later is adopted, what
    /// was evicted since loses its row (R35).
    package func backUp(keep: Int = 3) async throws -> IndexBackup {
        await flushAccounts()
        let now = clock.now()
        let target = directory.backup(madeAt: now)
        try await threads.sync.runIfActive { [directory] in
            try DataDirectory.makeDirectory(directory.backups)
            try DataDirectory.remove(target + ".partial")
            let source = try Database(path: directory.database, mode: .reader)
            try source.copy(to: target + ".partial")
            try OpenFile.openForReading(target + ".partial").sync()
            try DataDirectory.rename(target + ".partial", to: target)
            try DataDirectory.sync(directory: directory.backups)
            for old in directory.backupNames().dropLast(max(1, keep)) {
                try DataDirectory.remove(directory.backups + "/" + old)
            }
        }
        let size = try await threads.io.runIfActive {
            try OpenFile.openForReading(target).identity().size
        }
        logger.info("index backed up", metadata: ["path": "\(target)", "bytes": "\(size)"])
        return IndexBackup(path: target, bytes: size, madeAt: now)
    }

    /// - Parameter interval: seconds between two copies.
    package func isBackupDue(every interval: Int64) async throws -> Bool {
        let last = try await threads.io.runIfActive { [directory] in
            directory.backupNames().last.flatMap(DataDirectory.backupTime)
        }
        return clock.now() - (last ?? .min / 2) >= interval
    }
}

extension DataDirectory {
    var backups: String { path + "/backups" }

    func backup(madeAt time: Int64) -> String { "\(backups)/larder-\(time).db" }

    /// From the oldest to the newest.
    func backupNames() -> [String] {
        Self.names(in: backups).filter { Self.backupTime($0) != nil }.sorted {
            (Self.backupTime($0) ?? 0) < (Self.backupTime($1) ?? 0)
        }
    }

    /// Unix seconds out of `larder-<time>.db`; nil for another file.
    static func backupTime(_ name: String) -> Int64? {
        guard name.hasPrefix("larder-"), name.hasSuffix(".db") else { return nil }
        return Int64(name.dropFirst("larder-".count).dropLast(".db".count))
    }
}

extension Database {
    /// Writes a copy, defragmented, of what a reader sees now (sqlite.org/lang_vacuum.html).
    func copy(to path: String) throws(SQLiteError) {
        try execute("PRAGMA query_only = OFF")
        try run("VACUUM INTO ?", .text(path))
    }
}
