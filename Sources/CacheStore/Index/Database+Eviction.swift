/// The coldest rows, in bounded batches, and what becomes of them.

import OCI

extension Database {
    private static let blobColumns = "d.value, b.disk_size, b.inode, a.accessed_at"
    private static let blobJoins =
        """
        JOIN blob b ON b.digest_id = d.id AND b.deleting = 0
        JOIN access a ON a.digest_id = d.id
        """

    /// Up to `limit` manifests and orphans from the coldest on, in the order of their rank.
    ///
    /// - Parameters:
    ///   - end: ranks from this on are left out. Unix seconds.
    ///   - upstream: only what counts against this one's budget.
    func coldest(limit: Int, before end: Int64, upstream: String?) throws(SQLiteError)
        -> EvictionCandidates
    {
        let share =
            upstream == nil
            ? "" : "AND b.upstream_id = (SELECT u.id FROM upstream u WHERE u.name = ?3)"
        let values =
            [.integer(end), .integer(Int64(limit))] + (upstream.map { [SQLValue.text($0)] } ?? [])
        let images = try all(
            """
            SELECT m.digest_id, \(Self.blobColumns), m.used_at
            FROM manifest m JOIN digest d ON d.id = m.digest_id \(Self.blobJoins)
            WHERE m.used_at < ?1 \(share) ORDER BY m.used_at LIMIT ?2
            """, values: values
        ) { row in Self.evictable(row).map { ($0, row.integer(5)) } }.compactMap(\.self)
        let orphans = try all(
            """
            SELECT o.digest_id, d.value, b.disk_size, b.inode, o.accessed_at
            FROM orphan o JOIN digest d ON d.id = o.digest_id \(Self.blobJoins)
            WHERE o.accessed_at < ?1 \(share) ORDER BY o.accessed_at LIMIT ?2
            """, values: values, map: Self.evictable
        ).compactMap(\.self)
        var candidates = orphans.map(EvictionCandidate.orphan)
        for (manifest, usedAt) in images {
            candidates.append(.image(try image(manifest, usedAt: usedAt, among: limit)))
        }
        return EvictionCandidates(
            coldest: Array(candidates.sorted { $0.rank < $1.rank }.prefix(limit)),
            isAll: candidates.count < limit)
    }

    private static func evictable(_ row: Statement) -> EvictableBlob? {
        Digest(indexKey: row.blob(1)).map {
            EvictableBlob(
                id: row.integer(0), digest: $0, diskSize: row.integer(2), inode: row.integer(3),
                accessedAt: row.integer(4))
        }
    }

    private func image(
        _ manifest: EvictableBlob, usedAt: Int64, among limit: Int
    ) throws(SQLiteError) -> ImageCandidate {
        let listings = try all(
            """
            SELECT DISTINCT d.value, m.used_at FROM child c
            JOIN manifest m ON m.digest_id = c.manifest_id JOIN digest d ON d.id = m.digest_id
            WHERE c.digest_id = ? AND c.relation = 3
            """, .integer(manifest.id)
        ) { row in
            Digest(indexKey: row.blob(0)).map {
                ImageCandidate.Listing(index: $0, usedAt: row.integer(1))
            }
        }
        return ImageCandidate(
            manifest: manifest, usedAt: usedAt, listings: listings.compactMap(\.self),
            parts: try parts(of: manifest.id, among: limit), names: try names(of: manifest.id))
    }

    private func parts(of manifest: Int64, among limit: Int) throws(SQLiteError)
        -> [ImageCandidate.Part]
    {
        let blobs = try all(
            """
            SELECT DISTINCT d.id, \(Self.blobColumns) FROM child c
            JOIN digest d ON d.id = c.digest_id \(Self.blobJoins)
            WHERE c.manifest_id = ? AND c.relation IN (1, 2)
              AND NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest_id = d.id)
            """, .integer(manifest), map: Self.evictable
        ).compactMap(\.self)
        var parts: [ImageCandidate.Part] = []
        for blob in blobs {
            // As many as there are candidates are enough to tell that not all of them can go.
            let others = try all(
                """
                SELECT DISTINCT manifest_id FROM child
                WHERE digest_id = ? AND relation IN (1, 2) AND manifest_id <> ? LIMIT ?
                """, .integer(blob.id), .integer(manifest), .integer(Int64(limit))
            ) { $0.integer(0) }
            parts.append(ImageCandidate.Part(blob: blob, otherReferrers: Set(others)))
        }
        return parts
    }

    /// The repositories and tags of a manifest and of the indexes that list it.
    func names(of manifest: Int64) throws(SQLiteError) -> [ImageName] {
        let rows = try all(
            """
            WITH self (id) AS (
                SELECT ?1 UNION
                SELECT c.manifest_id FROM child c WHERE c.digest_id = ?1 AND c.relation = 3)
            SELECT u.name || '/' || r.name, t.name FROM self
            JOIN proof p ON p.digest_id = self.id
            JOIN repository r ON r.id = p.repository_id
            JOIN upstream u ON u.id = r.upstream_id
            LEFT JOIN tag t ON t.repository_id = r.id AND t.digest_id = self.id
            """, .integer(manifest)
        ) { (repository: $0.text(0) ?? "", tag: $0.text(1)) }
        return Dictionary(grouping: rows, by: \.repository).map { repository, rows in
            ImageName(repository: repository, tags: rows.compactMap(\.tag).sorted())
        }.sorted {
            ($0.tags.isEmpty ? 1 : 0, $0.repository) < ($1.tags.isEmpty ? 1 : 0, $1.repository)
        }
    }

    /// Raises ranks that turned out too low.
    func raise(_ ranks: [(id: Int64, to: Int64)]) throws(SQLiteError) {
        for (id, rank) in ranks {
            try raiseManifest(id, to: rank)
            try run(
                "UPDATE orphan SET accessed_at = ? WHERE digest_id = ? AND accessed_at < ?",
                .integer(rank), .integer(id), .integer(rank))
        }
    }

    func recordEviction(_ victim: EvictionVictim, reason: EvictionReason, now: Int64)
        throws(SQLiteError)
    {
        try logRemoval(
            victim.digest, kind: victim.kind, name: victim.name, reason: reason,
            bytes: victim.diskSize, lastUsed: victim.lastUsed, now: now)
        try addToCounter("evictions", 1)
        try addToCounter("evicted_bytes", victim.diskSize)
    }

    /// - Parameter bytes: freed on the disk.
    func logRemoval(
        _ digest: Digest, kind: EvictionVictim.Kind, name: String?, reason: EvictionReason,
        bytes: Int64, lastUsed: Int64, now: Int64
    ) throws(SQLiteError) {
        try run(
            """
            INSERT INTO eviction
                (evicted_at, digest, kind, name, reason, disk_size, accessed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, .integer(now), digest.indexKey, .text(kind.rawValue), .optional(name),
            .text(reason.rawValue), .integer(bytes), .integer(lastUsed))
    }

    func counter(_ name: String) throws(SQLiteError) -> Int64 {
        try first("SELECT value FROM counter WHERE name = ?", .text(name)) { $0.integer(0) } ?? 0
    }

    func setCounter(_ name: String, to value: Int64) throws(SQLiteError) {
        try run(
            "INSERT OR REPLACE INTO counter (name, value) VALUES (?, ?)", .text(name),
            .integer(value))
    }

    private func addToCounter(_ name: String, _ value: Int64) throws(SQLiteError) {
        try run(
            "UPDATE counter SET value = value + ? WHERE name = ?", .integer(value), .text(name))
    }

    /// Bytes on the disk that count against one upstream's budget.
    func bytes(of upstream: String) throws(SQLiteError) -> Int64 {
        try first("SELECT bytes FROM upstream WHERE name = ?", .text(upstream)) { $0.integer(0) }
            ?? 0
    }

    func pins() throws(SQLiteError) -> [String] {
        try all("SELECT pattern FROM pin ORDER BY pattern") { $0.text(0) ?? "" }
    }

    func insertPin(_ pattern: String, now: Int64) throws(SQLiteError) -> Bool {
        try run(
            "INSERT OR IGNORE INTO pin (pattern, created_at) VALUES (?, ?)", .text(pattern),
            .integer(now)) > 0
    }

    func deletePin(_ pattern: String) throws(SQLiteError) -> Bool {
        try run("DELETE FROM pin WHERE pattern = ?", .text(pattern)) > 0
    }
}
