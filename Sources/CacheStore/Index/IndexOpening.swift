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
        /// For plans and statistics.
        let reports: IndexReader
    }

    func open() throws -> Connections {
        do {
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
            return try connect()
        }
    }

    private func connect() throws -> Connections {
        let writer = try Database(path: directory.database, mode: .writer)
        try Migrator(migrations: Migration.all).migrate(writer)
        let reader = try Database(path: directory.database, mode: .reader)
        let reports = try Database(path: directory.database, mode: .reader)
        return Connections(
            writer: IndexWriter(writer), reader: IndexReader(reader),
            reports: IndexReader(reports))
    }
}
