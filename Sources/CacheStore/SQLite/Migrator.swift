/// Brings a database to the schema this binary knows, or refuses it.

import Crypto
import Migrations

/// Why a database's schema was refused (R36).
package enum SchemaError: Error, CustomStringConvertible {
    case newer(found: Int, known: Int)
    /// And this connection may not change it.
    case older(found: Int, known: Int)
    case changed(name: String)

    package var description: String {
        switch self {
        case .newer(let found, let known):
            "the index has schema version \(found), but this version of Larder knows only up to "
                + "\(known): run the newer version, or move larder.db away to have the index "
                + "rebuilt from the blobs on disk"
        case .older(let found, let known):
            "the index has schema version \(found), this version of Larder uses \(known): start "
                + "the server once to have it brought up to date"
        case .changed(let name):
            "the index was made with another migration \(name) than this version of Larder "
                + "holds: run the version that made it, or move larder.db away to have the index "
                + "rebuilt from the blobs on disk"
        }
    }
}

/// Applies migrations in order, each in a transaction with the record of its checksum.
struct Migrator {
    static let current = Migrator(migrations: Migration.all)

    let migrations: [Migration]

    /// For a connection that cannot migrate: refuses every schema but the newest one.
    func requireCurrent(_ database: Database) throws {
        let found = try Int(database.first("PRAGMA user_version") { $0.integer(0) } ?? 0)
        guard found >= migrations.count else {
            throw SchemaError.older(found: found, known: migrations.count)
        }
        try migrate(database)
    }

    func migrate(_ database: Database) throws {
        try database.execute(
            """
            CREATE TABLE IF NOT EXISTS migration (
                version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum BLOB NOT NULL
            ) STRICT
            """)
        let current = try Int(database.first("PRAGMA user_version") { $0.integer(0) } ?? 0)
        guard current <= migrations.count else {
            throw SchemaError.newer(found: current, known: migrations.count)
        }
        for migration in migrations {
            if migration.version <= current {
                try verify(migration, in: database)
            } else {
                try apply(migration, to: database)
            }
        }
    }

    private func verify(_ migration: Migration, in database: Database) throws {
        let recorded = try database.first(
            "SELECT checksum FROM migration WHERE version = ?", .integer(Int64(migration.version))
        ) { $0.blob(0) }
        guard recorded == checksum(migration) else {
            throw SchemaError.changed(name: migration.name)
        }
    }

    private func apply(_ migration: Migration, to database: Database) throws {
        try database.execute("BEGIN IMMEDIATE")
        do {
            try database.execute(String(decoding: migration.sql, as: UTF8.self))
            try database.run(
                "INSERT INTO migration (version, name, checksum) VALUES (?, ?, ?)",
                .integer(Int64(migration.version)), .text(migration.name),
                .blob(checksum(migration)))
            try database.execute("PRAGMA user_version = \(migration.version)")
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    private func checksum(_ migration: Migration) -> [UInt8] {
        Array(SHA256.hash(data: migration.sql))
    }
}
