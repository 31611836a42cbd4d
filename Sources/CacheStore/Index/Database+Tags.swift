/// Tags: which digest a tag named when the upstream was last asked.

import OCI

extension Database {
    func tag(_ tag: Tag, in key: RepositoryKey) throws(SQLiteError) -> TagRecord? {
        let row = try first(
            """
            SELECT d.value, t.verified_at FROM tag t
            JOIN repository r ON r.id = t.repository_id
            JOIN upstream u ON u.id = r.upstream_id
            JOIN digest d ON d.id = t.digest_id
            WHERE u.name = ? AND r.name = ? AND t.name = ?
            """, .text(key.upstream), .text(key.repository.description), .text(tag.description)
        ) { row in
            Digest(indexKey: row.blob(0)).map {
                TagRecord(digest: $0, verifiedAt: row.integer(1))
            }
        }
        return row ?? nil
    }

    func setTag(
        _ tag: Tag, in key: RepositoryKey, to digest: Digest, verifiedAt: Int64
    ) throws(SQLiteError) {
        try run(
            """
            INSERT INTO tag (repository_id, name, digest_id, verified_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (repository_id, name) DO UPDATE SET digest_id = excluded.digest_id,
                verified_at = excluded.verified_at
            """, .integer(insertRepositoryID(key)), .text(tag.description),
            .integer(insertDigestID(digest)), .integer(verifiedAt))
    }

    func deleteTag(_ tag: Tag, in key: RepositoryKey) throws(SQLiteError) {
        guard let repositoryID = try repositoryID(key) else { return }
        try run(
            "DELETE FROM tag WHERE repository_id = ? AND name = ?", .integer(repositoryID),
            .text(tag.description))
    }
}
