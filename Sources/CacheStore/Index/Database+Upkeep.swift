/// Keeps the counting tables bounded: merges, rolls up, forgets.

import OCI

extension Database {
    static let maximumClients: Int64 = 10_000
    static let maximumEvictions: Int64 = 10_000
    static let hourlySeconds: Int64 = 90 * 86_400

    /// Merges the coldest client rows above the cap into `other`.
    func mergeColdClients() throws(SQLiteError) {
        let count = try first("SELECT count(*) FROM client_traffic") { $0.integer(0) } ?? 0
        let excess = count - Self.maximumClients
        guard excess > 0 else { return }
        let coldest =
            """
            SELECT address FROM client_traffic WHERE address <> ?1
            ORDER BY accessed_at LIMIT \(excess + 1)
            """
        let other = SQLValue.text(Accounts.otherClients)
        try run(
            """
            INSERT INTO client_traffic (address, requests, bytes, accessed_at)
            SELECT ?1, coalesce(sum(requests), 0), coalesce(sum(bytes), 0),
                coalesce(max(accessed_at), 0)
            FROM client_traffic WHERE address IN (\(coldest))
            ON CONFLICT (address) DO UPDATE SET requests = requests + excluded.requests,
                bytes = bytes + excluded.bytes,
                accessed_at = max(accessed_at, excluded.accessed_at)
            """, other)
        try run("DELETE FROM client_traffic WHERE address IN (\(coldest))", other)
    }

    /// Hours older than 90 days become days.
    func rollUpTimeline(now: Int64) throws(SQLiteError) {
        let limit = now - Self.hourlySeconds
        let before = SQLValue.integer(limit - limit % 86_400)
        let columns = Traffic.columns.map(\.name)
        let sums = columns.map { "sum(\($0))" }.joined(separator: ", ")
        let additions = columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
        try run(
            """
            INSERT INTO timeline (start_at, seconds, \(columns.joined(separator: ", ")))
            SELECT start_at - start_at % 86400, 86400, \(sums) FROM timeline
            WHERE seconds = 3600 AND start_at < ? GROUP BY start_at - start_at % 86400
            ON CONFLICT (start_at, seconds) DO UPDATE SET \(additions)
            """, before)
        try run("DELETE FROM timeline WHERE seconds = 3600 AND start_at < ?", before)
    }

    func forgetOldEvictions() throws(SQLiteError) {
        try run(
            "DELETE FROM eviction WHERE id <= (SELECT max(id) FROM eviction) - ?",
            .integer(Self.maximumEvictions))
    }

    /// Removes up to `limit` proofs and digests that nothing in the store needs any more.
    /// - Returns: how many rows went.
    func prune(limit: Int64) throws(SQLiteError) -> Int {
        let proofs = try run(
            """
            DELETE FROM proof WHERE (repository_id, digest_id) IN (
                SELECT p.repository_id, p.digest_id FROM proof p
                WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.digest_id = p.digest_id)
                  AND NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.digest_id = p.digest_id)
                LIMIT ?)
            """, .integer(limit))
        let digests = try run(
            """
            DELETE FROM digest WHERE id IN (
                SELECT d.id FROM digest d
                WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.digest_id = d.id)
                  AND NOT EXISTS (SELECT 1 FROM proof p WHERE p.digest_id = d.id)
                  AND NOT EXISTS (SELECT 1 FROM child c WHERE c.digest_id = d.id)
                  AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.digest_id = d.id)
                  AND NOT EXISTS (SELECT 1 FROM image i WHERE i.digest_id = d.id)
                  AND NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.digest_id = d.id)
                LIMIT ?)
            """, .integer(limit))
        return proofs + digests
    }
}
