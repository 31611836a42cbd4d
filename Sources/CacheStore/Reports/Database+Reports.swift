/// Lists and totals: each one bounded query.

import OCI

extension Database {
    private static let trafficColumns = Traffic.columns.map { "t.\($0.name)" }
        .joined(separator: ", ")

    func totals() throws(SQLiteError) -> StoreTotals {
        let sums = Traffic.columns.map { "coalesce(sum(t.\($0.name)), 0)" }
            .joined(separator: ", ")
        let traffic = try first("SELECT \(sums) FROM upstream_traffic t") { Traffic($0, from: 0) }
        return StoreTotals(
            since: try counter("since"), traffic: traffic ?? Traffic(),
            objects: try counter("blobs"), bytes: try counter("bytes"),
            manifests: try count("manifest"), images: try count("image"),
            evictions: try counter("evictions"), evictedBytes: try counter("evicted_bytes"))
    }

    private func count(_ table: String) throws(SQLiteError) -> Int64 {
        try first("SELECT count(*) FROM \(table)") { $0.integer(0) } ?? 0
    }

    func upstreams() throws(SQLiteError) -> [UpstreamRow] {
        let columns = Traffic.columns.map { "coalesce(t.\($0.name), 0)" }.joined(separator: ", ")
        return try all(
            """
            SELECT u.name, u.blobs, u.bytes, \(columns) FROM upstream u
            LEFT JOIN upstream_traffic t ON t.upstream_id = u.id ORDER BY u.name
            """
        ) {
            UpstreamRow(
                name: $0.text(0) ?? "", traffic: Traffic($0, from: 3), objects: $0.integer(1),
                bytes: $0.integer(2))
        }
    }

    func repositories(upstream: String?, order: RepositoryOrder, page: PageRequest)
        throws(SQLiteError) -> Page<RepositoryRow>
    {
        let column =
            switch order {
            case .requests: "t.requests"
            case .hits: "t.hits"
            case .pulls: "t.pulls"
            case .bytes: "t.bytes_served"
            }
        let share =
            """
            WHERE t.repository_id IN (SELECT r.id FROM repository r
                JOIN upstream u ON u.id = r.upstream_id WHERE u.name = ?)
            """
        let rows = try all(
            """
            SELECT u.name, r.name, \(Self.trafficColumns) FROM (
                SELECT * FROM repository_traffic t \(upstream == nil ? "" : share)
                ORDER BY \(column) DESC, t.repository_id
                LIMIT \(page.limit + 1) OFFSET \(page.offset)) t
            JOIN repository r ON r.id = t.repository_id JOIN upstream u ON u.id = r.upstream_id
            ORDER BY \(column) DESC, t.repository_id
            """, values: upstream.map { [.text($0)] } ?? []
        ) { row in
            Self.repositoryKey(row, 0).map {
                RepositoryRow(key: $0, traffic: Traffic(row, from: 2))
            }
        }
        return Page(rows.compactMap(\.self), page)
    }

    private static func repositoryKey(_ row: Statement, _ first: Int32) -> RepositoryKey? {
        guard let upstream = row.text(first), let text = row.text(first + 1),
            let repository = try? RepositoryName(text)
        else { return nil }
        return RepositoryKey(upstream: upstream, repository: repository)
    }

    func timeline(from start: Int64, to end: Int64) throws(SQLiteError)
        -> [TimelineRow]
    {
        try all(
            """
            SELECT t.start_at, t.seconds, \(Self.trafficColumns) FROM timeline t
            WHERE t.start_at >= ? AND t.start_at < ? ORDER BY t.start_at, t.seconds
            """, .integer(start), .integer(end)
        ) {
            TimelineRow(
                startAt: $0.integer(0), seconds: $0.integer(1), traffic: Traffic($0, from: 2))
        }
    }

    func clients(order: ClientOrder, page: PageRequest) throws(SQLiteError) -> Page<ClientRow> {
        let column =
            switch order {
            case .bytes: "bytes"
            case .requests: "requests"
            case .lastAccess: "accessed_at"
            }
        let rows = try all(
            """
            SELECT address, requests, bytes, accessed_at FROM client_traffic
            ORDER BY \(column) DESC, address LIMIT \(page.limit + 1) OFFSET \(page.offset)
            """
        ) {
            ClientRow(
                address: $0.text(0) ?? "", requests: $0.integer(1), bytes: $0.integer(2),
                accessedAt: $0.integer(3))
        }
        return Page(rows, page)
    }

    func evictions(page: PageRequest) throws(SQLiteError) -> Page<EvictionRow> {
        let rows = try all(
            """
            SELECT evicted_at, digest, kind, name, reason, disk_size, accessed_at FROM eviction
            ORDER BY id DESC LIMIT \(page.limit + 1) OFFSET \(page.offset)
            """
        ) { row in
            Digest(indexKey: row.blob(1)).map {
                EvictionRow(
                    evictedAt: row.integer(0), digest: $0, kind: row.text(2) ?? "",
                    name: row.text(3), reason: row.text(4) ?? "", diskSize: row.integer(5),
                    accessedAt: row.integer(6))
            }
        }
        return Page(rows.compactMap(\.self), page)
    }

    /// - Parameter before: the rank below which something is cold, Unix seconds.
    func cold(before: Int64, page: PageRequest) throws(SQLiteError) -> Page<ColdRow> {
        let rows = try all(
            """
            SELECT d.value, m.content_size, a.accessed_at,
                b.disk_size + coalesce((
                    SELECT sum(pb.disk_size) FROM child c JOIN blob pb ON pb.digest_id = c.digest_id
                    WHERE c.manifest_id = m.digest_id AND c.relation IN (1, 2)
                      AND NOT EXISTS (SELECT 1 FROM child o
                          WHERE o.digest_id = c.digest_id AND o.relation IN (1, 2)
                            AND o.manifest_id <> m.digest_id)), 0),
                (SELECT u.name || '/' || r.name || coalesce(':' || t.name, '')
                 FROM proof p JOIN repository r ON r.id = p.repository_id
                 JOIN upstream u ON u.id = r.upstream_id
                 LEFT JOIN tag t ON t.repository_id = r.id AND t.digest_id = m.digest_id
                 WHERE p.digest_id = m.digest_id ORDER BY t.name IS NULL LIMIT 1)
            FROM manifest m JOIN digest d ON d.id = m.digest_id
            JOIN blob b ON b.digest_id = m.digest_id AND b.deleting = 0
            JOIN access a ON a.digest_id = m.digest_id
            WHERE m.used_at < ? ORDER BY m.used_at
            LIMIT \(page.limit + 1) OFFSET \(page.offset)
            """, .integer(before)
        ) { row in
            Digest(indexKey: row.blob(0)).map {
                ColdRow(
                    digest: $0, name: row.text(4), size: row.integer(1),
                    cachedBytes: row.integer(3), accessedAt: row.integer(2))
            }
        }
        return Page(rows.compactMap(\.self), page)
    }
}
