/// Manifest rows and what they refer to.

import OCI

extension Database {
    /// Records a manifest whose blob row is there already.
    func insertManifest(_ manifest: Manifest, digest: Digest) throws(SQLiteError) {
        let id = try insertDigestID(digest)
        try run(
            """
            INSERT INTO manifest (digest_id, media_type, artifact_type) VALUES (?, ?, ?)
            ON CONFLICT (digest_id) DO UPDATE SET media_type = excluded.media_type,
                artifact_type = excluded.artifact_type
            """, .integer(id), .text(manifest.mediaType.rawValue),
            .optional(manifest.artifactType))
        try run("DELETE FROM child WHERE manifest_id = ?", .integer(id))
        for (position, child) in manifest.children.enumerated() {
            let childID = try insertDigestID(child.descriptor.digest)
            try run(
                """
                INSERT INTO child (manifest_id, position, digest_id, relation, size, platform)
                VALUES (?, ?, ?, ?, ?, ?)
                """, .integer(id), .integer(Int64(position)), .integer(childID),
                .integer(Int64(child.relation.rawValue)), .integer(child.descriptor.size),
                .optional(child.descriptor.platform?.description))
        }
        try rank(id)
    }

    /// What the manifest describes, and the time it came: a pull brought it.
    private func rank(_ id: Int64) throws(SQLiteError) {
        try run(
            """
            UPDATE manifest SET
                used_at = (SELECT a.accessed_at FROM access a WHERE a.digest_id = ?1),
                content_size = (SELECT b.size FROM blob b WHERE b.digest_id = ?1)
                    + (SELECT coalesce(sum(part.size), 0)
                       FROM (SELECT max(c.size) AS size FROM child c
                             WHERE c.manifest_id = ?1 AND c.relation IN (1, 2)
                             GROUP BY c.digest_id) AS part)
                    + (SELECT coalesce(sum(m.content_size), 0) FROM manifest m
                       WHERE m.digest_id IN (SELECT c.digest_id FROM child c
                                             WHERE c.manifest_id = ?1 AND c.relation = 3))
            WHERE digest_id = ?1
            """, .integer(id))
    }
}
