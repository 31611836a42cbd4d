/// Blob rows: what is on the disk and in which file it was verified.

import OCI

extension Database {
    private static let blobColumns =
        """
        d.value, b.size, b.disk_size, b.inode, b.mtime_ns, b.ctime_ns,
        m.media_type, m.artifact_type
        """

    func blob(_ digest: Digest) throws(SQLiteError) -> BlobRecord? {
        try first(
            """
            SELECT \(Self.blobColumns) FROM digest d
            JOIN blob b ON b.digest_id = d.id AND b.deleting = 0
            LEFT JOIN manifest m ON m.digest_id = d.id WHERE d.value = ?
            """, digest.indexKey
        ) { row in
            BlobRecord(
                digest: digest,
                identity: FileIdentity(
                    size: row.integer(1), diskSize: row.integer(2), inode: row.integer(3),
                    modifiedNanoseconds: row.integer(4), changedNanoseconds: row.integer(5)),
                manifest: row.text(6).map {
                    ManifestRecord(mediaType: MediaType(rawValue: $0), artifactType: row.text(7))
                })
        }
    }

    /// - Returns: the file that had the row before; nil where there was none.
    func insertBlob(
        _ digest: Digest, _ identity: FileIdentity, now: Int64
    ) throws(SQLiteError) -> RecordedFile? {
        let id = try insertDigestID(digest)
        let before = try first(
            "SELECT disk_size, inode FROM blob WHERE digest_id = ?", .integer(id)
        ) { RecordedFile(digest: digest, diskSize: $0.integer(0), inode: $0.integer(1)) }
        try run(
            """
            INSERT INTO blob (digest_id, size, disk_size, inode, mtime_ns, ctime_ns, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (digest_id) DO UPDATE SET size = excluded.size,
                disk_size = excluded.disk_size, inode = excluded.inode,
                mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, deleting = 0
            """, .integer(id), .integer(identity.size), .integer(identity.diskSize),
            .integer(identity.inode), .integer(identity.modifiedNanoseconds),
            .integer(identity.changedNanoseconds), .integer(now))
        try run(
            "INSERT OR IGNORE INTO access (digest_id, accessed_at, hits) VALUES (?, ?, 0)",
            .integer(id), .integer(now))
        try run("DELETE FROM checkpoint WHERE digest_id = ?", .integer(id))
        return before
    }

    /// What an unlink needs to know of a file.
    struct RecordedFile: Sendable {
        let digest: Digest
        let diskSize: Int64
        let inode: Int64
    }

    /// - Returns: the row as it was; nil where there is none.
    func markDeleting(_ digest: Digest) throws(SQLiteError) -> RecordedFile? {
        try first(
            """
            UPDATE blob SET deleting = 1
            WHERE digest_id = (SELECT id FROM digest WHERE value = ?)
            RETURNING disk_size, inode
            """, digest.indexKey
        ) { RecordedFile(digest: digest, diskSize: $0.integer(0), inode: $0.integer(1)) }
    }

    func deleteBlob(_ digest: Digest) throws(SQLiteError) {
        try run(
            "DELETE FROM blob WHERE digest_id = (SELECT id FROM digest WHERE value = ?)",
            digest.indexKey)
    }

    func deletingBlobs() throws(SQLiteError) -> [Digest] {
        try all(
            "SELECT d.value FROM blob b JOIN digest d ON d.id = b.digest_id WHERE b.deleting = 1"
        ) { Digest(indexKey: $0.blob(0)) }.compactMap(\.self)
    }

    /// Those without a row.
    func unknown(_ digests: [Digest]) throws(SQLiteError) -> [Digest] {
        var unknown: [Digest] = []
        for digest in digests {
            let isKnown = try first(
                """
                SELECT 1 FROM digest d JOIN blob b ON b.digest_id = d.id WHERE d.value = ?
                """, digest.indexKey
            ) { _ in true }
            if isKnown == nil { unknown.append(digest) }
        }
        return unknown
    }

    /// Up to `limit` digests of blob rows whose id is greater than `id`, in order of id.
    func blobs(after id: Int64, limit: Int) throws(SQLiteError) -> [(id: Int64, digest: Digest)] {
        try all(
            """
            SELECT d.id, d.value FROM blob b JOIN digest d ON d.id = b.digest_id
            WHERE b.digest_id > ? AND b.deleting = 0 ORDER BY b.digest_id LIMIT ?
            """, .integer(id), .integer(Int64(limit))
        ) { row in Digest(indexKey: row.blob(1)).map { (row.integer(0), $0) } }.compactMap(\.self)
    }
}
