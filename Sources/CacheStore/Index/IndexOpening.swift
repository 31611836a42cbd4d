/// Opens the index's connections, setting a damaged database aside.

import Logging
import Migrations

struct IndexOpening {
    let directory: DataDirectory
    let clock: StoreClock
    let logger: Logger

    struct Connections {
        let writer: IndexWriter
        /// For requests.
        let reader: IndexReader
        /// For statistics.
        let reports: IndexReader
        /// For plans, so that no question for statistics delays an eviction.
        let plans: IndexReader
    }

    func open() throws -> Connections {
        do {
            if try !DataDirectory.exists(directory.database), let connections = try restored() {
                return connections
            }
            return try connect()
        } catch let error as SQLiteError where error.isCorruption {
            let aside = "\(directory.database).corrupt-\(clock.now())"
            logger.error(
                "the index is damaged: set aside, to be rebuilt from the blobs on disk",
                metadata: ["error": "\(error)", "moved_to": "\(aside)"])
            try DataDirectory.rename(directory.database, to: aside)
            for suffix in ["-wal", "-shm"] {
                try DataDirectory.remove(directory.database + suffix)
            }
            return try restored() ?? connect()
        }
    }

    /// Opens the newest copy of the index in the database's place: tags and proofs are known
    /// again although no upstream can be asked (R29). Nil where none can be used.
    private func restored() throws -> Connections? {
        guard let name = directory.backupNames().last else { return nil }
        do {
            try DataDirectory.copy(directory.backups + "/" + name, to: directory.database)
            let connections = try connect()
            logger.notice("the index was restored", metadata: ["backup": "\(name)"])
            return connections
        } catch {
            logger.warning(
                "a copy of the index could not be used",
                metadata: ["backup": "\(name)", "error": "\(error)"])
            try DataDirectory.remove(directory.database)
            return nil
        }
    }

    private func connect() throws -> Connections {
        let writer = try Database(path: directory.database, mode: .writer)
        try Migrator.current.migrate(writer)
        let reader = try Database(path: directory.database, mode: .reader)
        let reports = try Database(path: directory.database, mode: .reader)
        let plans = try Database(path: directory.database, mode: .reader)
        return Connections(
            writer: IndexWriter(writer), reader: IndexReader(reader),
            reports: IndexReader(reports), plans: IndexReader(plans))
    }
}
