/// What a pattern of names stands for in the index.

import OCI

extension Database {
    /// What is in the store of the images that a pattern is about, shared or not.
    func contents(of pattern: ImagePattern) throws(SQLiteError) -> [Digest] {
        var seen: Set<Digest> = []
        for root in try roots(of: pattern) {
            let digests = try all(
                """
                WITH RECURSIVE part (id) AS (
                    SELECT ?1 UNION
                    SELECT c.digest_id FROM part p JOIN child c ON c.manifest_id = p.id
                    WHERE c.relation <> 4)
                SELECT d.value FROM part p JOIN blob b ON b.digest_id = p.id
                JOIN digest d ON d.id = p.id
                """, .integer(root)
            ) { Digest(indexKey: $0.blob(0)) }
            seen.formUnion(digests.compactMap(\.self))
        }
        return Array(seen)
    }

    private func roots(of pattern: ImagePattern) throws(SQLiteError) -> Set<Int64> {
        switch pattern {
        case .digest(let digest): return Set([try digestID(digest)].compactMap(\.self))
        case .names(let glob, nil):
            var ids: Set<Int64> = []
            for repository in try repositories(matching: glob) {
                ids.formUnion(
                    try all(
                        "SELECT digest_id FROM proof WHERE repository_id = ?",
                        .integer(repository)
                    ) { $0.integer(0) })
            }
            return ids
        case .names(let glob, let tag?):
            var ids: Set<Int64> = []
            for repository in try repositories(matching: glob) {
                ids.formUnion(
                    try tagRows(of: repository) { tag.matches($0) }.map(\.digestID))
            }
            return ids
        }
    }
}
