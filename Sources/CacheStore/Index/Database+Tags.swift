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

    /// The tags of a repository that name `digest`, or an index or image that lists it there.
    ///
    /// A manifest counts where this repository is known to have it, or an index that lists it: so
    /// the same layer in other repositories costs nothing but being passed over. At most 1000,
    /// in the order of their names.
    func tags(leadingTo digest: Digest, in key: RepositoryKey) throws(SQLiteError) -> [Tag] {
        guard let digestID = try digestID(digest), let repositoryID = try repositoryID(key) else {
            return []
        }
        let names = try all(
            """
            WITH RECURSIVE ancestor (id) AS (
                SELECT ?1 UNION
                SELECT c.manifest_id FROM ancestor a JOIN child c ON c.digest_id = a.id
                WHERE c.relation <> 4 AND (
                    EXISTS (SELECT 1 FROM proof p
                            WHERE p.repository_id = ?2 AND p.digest_id = c.manifest_id)
                    OR EXISTS (SELECT 1 FROM child up JOIN proof p
                               ON p.repository_id = ?2 AND p.digest_id = up.manifest_id
                               WHERE up.digest_id = c.manifest_id AND up.relation = 3))
                LIMIT 10000)
            SELECT DISTINCT t.name FROM ancestor a
            JOIN tag t ON t.digest_id = a.id AND t.repository_id = ?2
            ORDER BY t.name LIMIT 1000
            """, .integer(digestID), .integer(repositoryID)
        ) { $0.text(0) }
        return names.compactMap { name in name.flatMap { try? Tag($0) } }
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
