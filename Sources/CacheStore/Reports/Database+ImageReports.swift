/// Images: the list of what was pulled.

import OCI

extension Database {
    func images(_ filter: ImageFilter, order: ImageOrder, ascending: Bool, page: PageRequest)
        throws(SQLiteError) -> Page<ImageRow>
    {
        var conditions: [String] = []
        var values: [SQLValue] = []
        if let upstream = filter.upstream {
            conditions.append("u.name = ?")
            values.append(.text(upstream))
        }
        if let repository = filter.repository {
            conditions.append("r.name = ?")
            values.append(.text("\(repository)"))
        }
        if let since = filter.since {
            conditions.append("i.accessed_at >= ?")
            values.append(.integer(since))
        }
        let direction = ascending ? "ASC" : "DESC"
        let sql = """
            SELECT u.name, r.name, i.reference, d.value, m.media_type, m.content_size, i.pulls,
                i.bytes, i.accessed_at
            FROM \(order == .size ? "manifest m CROSS JOIN image i" : "image i CROSS JOIN manifest m")
            JOIN digest d ON d.id = i.digest_id
            JOIN repository r ON r.id = i.repository_id JOIN upstream u ON u.id = r.upstream_id
            WHERE m.digest_id = i.digest_id
            \(conditions.map { "AND \($0)" }.joined(separator: " "))
            ORDER BY \(order.column) \(direction)
            """
        guard let pattern = filter.pattern else {
            let rows = try all(
                sql + " LIMIT \(page.limit + 1) OFFSET \(page.offset)", values: values,
                map: Self.imageRow)
            return Page(rows.compactMap(\.self), page)
        }
        var skip = page.offset
        var rows: [ImageRow] = []
        try forEach(sql, values: values) { row in
            guard let image = Self.imageRow(row), image.matches(pattern) else { return true }
            if skip > 0 { skip -= 1 } else { rows.append(image) }
            return rows.count <= page.limit
        }
        return Page(rows, page)
    }

    private static func imageRow(_ row: Statement) -> ImageRow? {
        guard let upstream = row.text(0), let name = row.text(1),
            let repository = try? RepositoryName(name), let digest = Digest(indexKey: row.blob(3))
        else { return nil }
        let key = RepositoryKey(upstream: upstream, repository: repository)
        return ImageRow(
            key: ImageKey(repository: key, reference: row.text(2) ?? ""), digest: digest,
            mediaType: MediaType(rawValue: row.text(4) ?? ""), size: row.integer(5),
            pulls: row.integer(6), bytesServed: row.integer(7), accessedAt: row.integer(8))
    }
}

extension ImageOrder {
    fileprivate var column: String {
        switch self {
        case .lastAccess: "i.accessed_at"
        case .hits: "i.pulls"
        case .bytes: "i.bytes"
        case .size: "m.content_size"
        }
    }
}

extension ImageRow {
    func matches(_ pattern: ImagePattern) -> Bool {
        pattern.matches(
            digest, repository: "\(key.repository)", tags: key.isTag ? [key.reference] : [])
    }
}
