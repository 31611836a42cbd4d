/// Checkpoints of partials: how much of a broken-off fill is known to be on the disk.

import OCI

extension Database {
    func checkpoint(_ digest: Digest) throws(SQLiteError) -> Int64? {
        try first(
            """
            SELECT c.synced FROM checkpoint c JOIN digest d ON d.id = c.digest_id
            WHERE d.value = ?
            """, digest.indexKey
        ) { $0.integer(0) }
    }

    func checkpoints() throws(SQLiteError) -> [Digest] {
        try all(
            "SELECT d.value FROM checkpoint c JOIN digest d ON d.id = c.digest_id"
        ) { Digest(indexKey: $0.blob(0)) }.compactMap(\.self)
    }

    /// Those last saved before `time`, in Unix seconds.
    func checkpoints(before time: Int64) throws(SQLiteError) -> [Digest] {
        try all(
            """
            SELECT d.value FROM checkpoint c JOIN digest d ON d.id = c.digest_id
            WHERE c.updated_at < ? ORDER BY c.updated_at
            """, .integer(time)
        ) { Digest(indexKey: $0.blob(0)) }.compactMap(\.self)
    }

    func setCheckpoint(_ digest: Digest, synced: Int64, now: Int64) throws(SQLiteError) {
        try run(
            """
            INSERT INTO checkpoint (digest_id, synced, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (digest_id) DO UPDATE SET synced = excluded.synced,
                updated_at = excluded.updated_at
            """, .integer(insertDigestID(digest)), .integer(synced), .integer(now))
    }

    func deleteCheckpoint(_ digest: Digest) throws(SQLiteError) {
        try run(
            """
            DELETE FROM checkpoint WHERE digest_id = (SELECT id FROM digest WHERE value = ?)
            """, digest.indexKey)
    }
}
