/// Images: the list of what was pulled.

import OCI

extension Database {
    /// Repositories by whose ids images are looked up rather than filtered.
    private static let fewRepositories = 2000

    func images(
        _ filter: ImageFilter, order: ImageOrder, ascending: Bool, page: PageRequest
    ) throws(SQLiteError) -> Page<ImageRow> {
        let scope = try scope(of: filter)
        var conditions = ["m.digest_id = i.digest_id"]
        if let since = filter.since { conditions.append("i.accessed_at >= \(since)") }
        var source =
            order == .size ? "manifest m CROSS JOIN image i" : "image i CROSS JOIN manifest m"
        if let scope, scope.count <= Self.fewRepositories {
            let ids = scope.map { "\($0)" }.joined(separator: ",")
            conditions.append("i.repository_id IN (\(ids))")
            source = "image i INDEXED BY sqlite_autoindex_image_1 CROSS JOIN manifest m"
        }
        let sql = """
            SELECT u.name, r.name, i.reference, d.value, m.media_type, m.content_size, i.pulls,
                i.bytes, i.accessed_at, i.repository_id
            FROM \(source) JOIN digest d ON d.id = i.digest_id
            JOIN repository r ON r.id = i.repository_id JOIN upstream u ON u.id = r.upstream_id
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(order.column) \(ascending ? "ASC" : "DESC")
            """
        var skip = page.offset
        var rows: [ImageRow] = []
        try forEach(sql, values: []) { row in
            guard scope?.contains(row.integer(9)) ?? true, let image = Self.imageRow(row),
                filter.pattern.map(image.matches) ?? true
            else { return true }
            if skip > 0 { skip -= 1 } else { rows.append(image) }
            return rows.count <= page.limit
        }
        return Page(rows, page)
    }

    /// The repositories that the filter leaves; nil for all.
    private func scope(of filter: ImageFilter) throws(SQLiteError) -> Set<Int64>? {
        guard filter.upstream != nil || filter.repository != nil || filter.glob != nil else {
            return nil
        }
        let prefix = filter.glob?.repositoryPrefix
        let ids = try all(
            """
            SELECT r.id, u.name, r.name FROM repository r JOIN upstream u ON u.id = r.upstream_id
            WHERE (?1 IS NULL OR u.name = ?1) AND (?2 IS NULL OR r.name = ?2)
              AND (?3 IS NULL OR u.name = ?3)
              AND (?4 IS NULL OR r.name >= ?4 AND r.name < ?4 || char(1114111))
            """, .optional(filter.upstream), .optional(filter.repository?.description),
            .optional(prefix?.upstream), .optional(prefix?.name)
        ) { row -> Int64? in
            let name = "\(row.text(1) ?? "")/\(row.text(2) ?? "")"
            return filter.glob?.matches(name) ?? true ? row.integer(0) : nil
        }
        return Set(ids.compactMap(\.self))
    }

    private static func imageRow(_ row: Statement) -> ImageRow? {
        guard let upstream = row.text(0), let name = row.text(1),
            let repository = try? RepositoryName(name), let digest = Digest(indexKey: row.blob(3)),
            let reference = try? Reference(row.text(2) ?? "")
        else { return nil }
        let key = RepositoryKey(upstream: upstream, repository: repository)
        return ImageRow(
            key: ImageKey(repository: key, reference: reference), digest: digest,
            mediaType: MediaType(rawValue: row.text(4) ?? ""), size: row.integer(5),
            pulls: row.integer(6), bytesServed: row.integer(7), accessedAt: row.integer(8))
    }
}

extension ImageFilter {
    /// What the pattern says of repositories.
    fileprivate var glob: Glob? {
        if case .names(let repository, _) = pattern { repository } else { nil }
    }
}

extension Glob {
    /// The upstream, and what the repository's name begins with, where the pattern says both.
    fileprivate var repositoryPrefix: (upstream: String, name: String)? {
        let prefix = literalPrefix
        guard let slash = prefix.firstIndex(of: "/") else { return nil }
        return (String(prefix[..<slash]), String(prefix[prefix.index(after: slash)...]))
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
            digest, repository: "\(key.repository)", tags: key.tag.map { ["\($0)"] } ?? [])
    }
}
