/// Proofs: in which repository an upstream itself answered 200 for a digest.

import OCI

extension Database {
    func insertProof(_ digest: Digest, in key: RepositoryKey) throws(SQLiteError) {
        try run(
            "INSERT OR IGNORE INTO proof (repository_id, digest_id) VALUES (?, ?)",
            .integer(insertRepositoryID(key)), .integer(insertDigestID(digest)))
    }

    func knowledge(of digest: Digest, in key: RepositoryKey) throws(SQLiteError) -> DigestKnowledge
    {
        let blob = try blob(digest)
        guard let digestID = try digestID(digest), let repositoryID = try repositoryID(key) else {
            return DigestKnowledge(blob: blob, isProven: false, isReferenced: false)
        }
        let isProven = try exists(
            "SELECT 1 FROM proof WHERE repository_id = ? AND digest_id = ?",
            .integer(repositoryID), .integer(digestID))
        guard !isProven else {
            return DigestKnowledge(blob: blob, isProven: true, isReferenced: false)
        }
        let isReferenced = try isReferenced(
            digestID, inRepository: repositoryID, ofUpstream: key.upstream)
        return DigestKnowledge(blob: blob, isProven: false, isReferenced: isReferenced)
    }

    private func isReferenced(
        _ digestID: Int64, inRepository repositoryID: Int64, ofUpstream upstream: String
    ) throws(SQLiteError) -> Bool {
        let provenUpstream = try exists(
            """
            SELECT 1 FROM proof p JOIN repository r ON r.id = p.repository_id
            JOIN upstream u ON u.id = r.upstream_id WHERE p.digest_id = ? AND u.name = ? LIMIT 1
            """, .integer(digestID), .text(upstream))
        guard provenUpstream else { return false }
        return try exists(
            """
            SELECT 1 FROM child c
            JOIN proof p ON p.digest_id = c.manifest_id AND p.repository_id = ?
            WHERE c.digest_id = ? LIMIT 1
            """, .integer(repositoryID), .integer(digestID))
    }

    private func exists(_ sql: String, _ first: SQLValue, _ second: SQLValue) throws(SQLiteError)
        -> Bool
    {
        try self.first(sql, first, second) { _ in true } ?? false
    }
}
