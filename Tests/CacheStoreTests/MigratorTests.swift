/// Schemas that this binary does not know are refused.
import Migrations
import TestKit
import Testing

@testable import CacheStore

struct MigratorTests {
    private let first = Migration(
        version: 1, name: "v001_first", sql: Array("CREATE TABLE a (x INTEGER) STRICT".utf8))
    private let second = Migration(
        version: 2, name: "v002_second", sql: Array("CREATE TABLE b (x INTEGER) STRICT".utf8))

    private func withDatabase(_ body: (Database) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try body(Database(path: directory.file("test.db"), mode: .writer))
    }

    @Test("what is missing is applied once, in order")
    func applying() throws {
        try withDatabase { database in
            try Migrator(migrations: [first]).migrate(database)
            try Migrator(migrations: [first, second]).migrate(database)
            try Migrator(migrations: [first, second]).migrate(database)
            #expect(try database.first("PRAGMA user_version") { $0.integer(0) } == 2)
        }
    }

    @Test("R36: a newer schema is refused")
    func newer() throws {
        try withDatabase { database in
            try Migrator(migrations: [first, second]).migrate(database)
            #expect(throws: SchemaError.self) {
                try Migrator(migrations: [first]).migrate(database)
            }
        }
    }

    @Test("R36: a changed migration is refused")
    func changed() throws {
        try withDatabase { database in
            try Migrator(migrations: [first]).migrate(database)
            let other = Migration(version: 1, name: "v001_first", sql: Array("SELECT 1".utf8))
            #expect(throws: SchemaError.self) {
                try Migrator(migrations: [other]).migrate(database)
            }
        }
    }

    @Test("a migration that fails leaves nothing behind")
    func failing() throws {
        try withDatabase { database in
            let broken = Migration(
                version: 1, name: "v001_broken",
                sql: Array("CREATE TABLE a (x INTEGER) STRICT; NONSENSE".utf8))
            #expect(throws: SQLiteError.self) {
                try Migrator(migrations: [broken]).migrate(database)
            }
            try Migrator(migrations: [first]).migrate(database)
        }
    }
}
