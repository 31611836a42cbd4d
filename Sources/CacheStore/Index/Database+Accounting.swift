/// Writes what was counted: each table by upserts that add to the row.

import OCI

extension Database {
    /// Flushes that an image waits for its manifest, which is stored behind the client.
    private static let maximumDelays = 10

    /// - Returns: images whose manifest is not in the store yet, to be added later.
    func add(_ tally: Tally) throws -> [ImageKey: Tally.Image] {
        for (digest, access) in tally.digests { try add(access, to: digest) }
        for (key, traffic) in tally.repositories { try add(traffic, to: key) }
        for (hour, traffic) in tally.hours { try add(traffic, toHour: hour) }
        for (address, client) in tally.clients { try add(client, to: address) }
        return try tally.images.filter { key, image in try !add(image, to: key) }
    }

    private func add(_ access: Tally.Access, to digest: Digest) throws(SQLiteError) {
        guard let id = try digestID(digest) else { return }
        try run(
            """
            UPDATE access SET hits = hits + ?, accessed_at = max(accessed_at, ?)
            WHERE digest_id = ?
            """, .integer(access.hits), .integer(access.last), .integer(id))
        try run(
            "UPDATE orphan SET accessed_at = max(accessed_at, ?) WHERE digest_id = ?",
            .integer(access.last), .integer(id))
        if access.isManifest { try raiseManifest(id, to: access.last) }
    }

    /// Raises the rank of a manifest; never lowers it.
    func raiseManifest(_ id: Int64, to time: Int64) throws(SQLiteError) {
        try run(
            "UPDATE manifest SET used_at = ? WHERE digest_id = ? AND used_at < ?",
            .integer(time), .integer(id), .integer(time))
    }

    private func add(_ traffic: Traffic, to key: RepositoryKey) throws {
        // A name that was never answered with content gets no row: there is no end to names.
        // Their errors count for the upstream.
        guard let repository = try repositoryID(key) ?? newRepository(key, traffic) else {
            guard let upstream = try upstreamID(key.upstream) else { return }
            return try add(traffic, table: "upstream_traffic", id: upstream)
        }
        try add(traffic, table: "repository_traffic", id: repository)
        guard let upstream = try upstreamID(key.upstream) else { return }
        try add(traffic, table: "upstream_traffic", id: upstream)
    }

    private func newRepository(_ key: RepositoryKey, _ traffic: Traffic) throws(SQLiteError)
        -> Int64?
    {
        guard traffic.hits + traffic.misses + traffic.coalesced + traffic.stale > 0 else {
            return nil
        }
        return try insertRepositoryID(key)
    }

    private func add(_ traffic: Traffic, table: String, id: Int64) throws(SQLiteError) {
        let key = table == "upstream_traffic" ? "upstream_id" : "repository_id"
        try run(Self.upsert(table, key: [key]), values: [.integer(id)] + traffic.values)
    }

    private func add(_ traffic: Traffic, toHour hour: Int64) throws(SQLiteError) {
        try run(
            Self.upsert("timeline", key: ["start_at", "seconds"]),
            values: [.integer(hour), .integer(3600)] + traffic.values)
    }

    /// Inserts a row of a traffic table, or adds to the one there is.
    static func upsert(_ table: String, key: [String]) -> String {
        let columns = Traffic.columns.map(\.name)
        let sums = columns.map { "\($0) = \($0) + excluded.\($0)" }
        let marks = Array(repeating: "?", count: key.count + columns.count)
        return """
            INSERT INTO \(table) (\((key + columns).joined(separator: ", ")))
            VALUES (\(marks.joined(separator: ", ")))
            ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET
            \(sums.joined(separator: ", "))
            """
    }

    /// - Returns: false where its manifest is not in the store yet.
    private func add(_ image: Tally.Image, to key: ImageKey) throws(SQLiteError) -> Bool {
        let id: Int64? = if let digest = image.digest { try storedManifestID(digest) } else { nil }
        if image.digest != nil, id == nil, image.delays < Self.maximumDelays { return false }
        guard let repository = try repositoryID(key.repository) else { return true }
        guard let id else {
            try run(
                """
                UPDATE image SET accessed_at = max(accessed_at, ?), pulls = pulls + ?,
                    bytes = bytes + ? WHERE repository_id = ? AND reference = ?
                """, .integer(image.last), .integer(image.pulls), .integer(image.bytes),
                .integer(repository), .text("\(key.reference)"))
            return true
        }
        try run(
            """
            INSERT INTO image (repository_id, reference, digest_id, accessed_at, pulls, bytes)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (repository_id, reference) DO UPDATE SET digest_id = excluded.digest_id,
                accessed_at = max(accessed_at, excluded.accessed_at),
                pulls = pulls + excluded.pulls, bytes = bytes + excluded.bytes
            """, .integer(repository), .text("\(key.reference)"), .integer(id),
            .integer(image.last),
            .integer(image.pulls), .integer(image.bytes))
        return true
    }

    private func storedManifestID(_ digest: Digest) throws(SQLiteError) -> Int64? {
        try first(
            """
            SELECT m.digest_id FROM manifest m JOIN digest d ON d.id = m.digest_id
            WHERE d.value = ?
            """, digest.indexKey
        ) { $0.integer(0) }
    }

    private func add(_ client: Tally.Client, to address: String) throws(SQLiteError) {
        try run(
            """
            INSERT INTO client_traffic (address, requests, bytes, accessed_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (address) DO UPDATE SET requests = requests + excluded.requests,
                bytes = bytes + excluded.bytes,
                accessed_at = max(accessed_at, excluded.accessed_at)
            """, .text(address), .integer(client.requests), .integer(client.bytes),
            .integer(client.last))
    }
}
