/// A database of the first schema, filled, brought to the present one.
import Migrations
import OCI
import TestKit
import Testing

@testable import CacheStore

struct AccountingMigrationTests {
    /// Blob 1–3 layers, 4 config, 10 and 11 manifests, 20 their index, 21 an index of that index,
    /// 30 an orphan, 31 without a proof.
    private static let content = """
        INSERT INTO upstream (id, name) VALUES (1, 'docker.io'), (2, 'ghcr.io');
        INSERT INTO repository (id, upstream_id, name) VALUES (1, 1, 'library/a'), (2, 2, 'b/c');
        INSERT INTO digest (id, value)
            SELECT value, CAST(printf('%d', value) AS BLOB)
            FROM json_each('[1, 2, 3, 4, 10, 11, 20, 21, 30, 31]');
        INSERT INTO blob (digest_id, size, disk_size, inode, mtime_ns, ctime_ns, created_at)
            SELECT id, id * 100, 4096, id, 0, 0, 1000 FROM digest;
        INSERT INTO access (digest_id, accessed_at, hits) SELECT id, 1000 + id, 1 FROM digest;
        INSERT INTO manifest (digest_id, media_type) SELECT id, 'x' FROM digest
            WHERE id BETWEEN 10 AND 21;
        INSERT INTO child (manifest_id, position, digest_id, relation, size) VALUES
            (10, 0, 4, 1, 400), (10, 1, 1, 2, 100), (10, 2, 2, 2, 200), (10, 3, 1, 2, 100),
            (11, 0, 4, 1, 400), (11, 1, 3, 2, 300),
            (20, 0, 10, 3, 1000), (20, 1, 11, 3, 1100), (20, 2, 10, 3, 1000),
            (21, 0, 20, 3, 2000);
        INSERT INTO proof (repository_id, digest_id) SELECT 1, id FROM digest WHERE id < 21;
        INSERT INTO proof (repository_id, digest_id) VALUES (2, 21), (2, 30);
        """

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func migrated() throws -> Database {
        let database = try Database(path: directory.file("test.db"), mode: .writer)
        try Migrator(migrations: Array(Migration.all.prefix(1))).migrate(database)
        try database.execute(Self.content)
        try Migrator(migrations: Migration.all).migrate(database)
        return database
    }

    private func integers(_ database: Database, _ sql: String) throws -> [Int64] {
        try database.all(sql) { $0.integer(0) }
    }

    @Test("sums, shares, orphans and recency are right")
    func sums() throws {
        let database = try migrated()
        #expect(try database.counter("blobs") == 10)
        #expect(try database.counter("bytes") == 10 * 4096)
        #expect(try integers(database, "SELECT blobs FROM upstream ORDER BY id") == [7, 2])
        #expect(
            try integers(database, "SELECT bytes FROM upstream ORDER BY id")
                == [7 * 4096, 2 * 4096])
        #expect(try integers(database, "SELECT digest_id FROM orphan") == [30, 31])
        #expect(try integers(database, "SELECT accessed_at FROM orphan") == [1030, 1031])
        #expect(
            try integers(database, "SELECT used_at FROM manifest ORDER BY digest_id")
                == [1010, 1011, 1020, 1021])
    }

    @Test("an image's size counts each digest once, an index's goes through indexes")
    func contentSizes() throws {
        let database = try migrated()
        let (first, second) = (1000 + 400 + 100 + 200, 1100 + 400 + 300)
        let index = 2000 + first + second
        #expect(
            try integers(database, "SELECT content_size FROM manifest ORDER BY digest_id")
                == [first, second, index, 2100 + index].map(Int64.init))
    }

    @Test("from there on the triggers keep everything")
    func triggers() throws {
        let database = try migrated()
        #expect(try database.inconsistencies() == [])
        for id in [10, 30, 20, 3, 21, 11] {
            try database.run("DELETE FROM blob WHERE digest_id = ?", .integer(Int64(id)))
            #expect(try database.inconsistencies() == [])
        }
    }

    @Test("a database without content is brought there as well")
    func empty() throws {
        let database = try Database(path: directory.file("test.db"), mode: .writer)
        for count in 1...Migration.all.count {
            try Migrator(migrations: Array(Migration.all.prefix(count))).migrate(database)
        }
        #expect(try database.counter("bytes") == 0)
        #expect(try database.inconsistencies() == [])
    }
}
