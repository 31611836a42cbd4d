/// Integer ids for digests and repositories.

import OCI

extension Digest {
    /// One byte for the algorithm, then the raw digest.
    var indexKey: SQLValue {
        let algorithm: UInt8 =
            switch self.algorithm {
            case .sha256: 1
            case .sha512: 2
            }
        return .blob([algorithm] + bytes)
    }

    init?(indexKey: [UInt8]) {
        let algorithm: Algorithm
        switch indexKey.first {
        case 1: algorithm = .sha256
        case 2: algorithm = .sha512
        default: return nil
        }
        guard indexKey.count == algorithm.byteCount + 1 else { return nil }
        self.init(algorithm: algorithm, bytes: Array(indexKey.dropFirst()))
    }
}

extension Database {
    func digestID(_ digest: Digest) throws(SQLiteError) -> Int64? {
        try first("SELECT id FROM digest WHERE value = ?", digest.indexKey) { $0.integer(0) }
    }

    func insertDigestID(_ digest: Digest) throws(SQLiteError) -> Int64 {
        if let id = try digestID(digest) { return id }
        return try first(
            "INSERT INTO digest (value) VALUES (?) RETURNING id", digest.indexKey
        ) { $0.integer(0) } ?? 0
    }

    func upstreamID(_ name: String) throws(SQLiteError) -> Int64? {
        try first("SELECT id FROM upstream WHERE name = ?", .text(name)) { $0.integer(0) }
    }

    func repositoryID(_ key: RepositoryKey) throws(SQLiteError) -> Int64? {
        try first(
            """
            SELECT r.id FROM repository r JOIN upstream u ON u.id = r.upstream_id
            WHERE u.name = ? AND r.name = ?
            """, .text(key.upstream), .text(key.repository.description)
        ) { $0.integer(0) }
    }

    func insertRepositoryID(_ key: RepositoryKey) throws(SQLiteError) -> Int64 {
        if let id = try repositoryID(key) { return id }
        try run("INSERT OR IGNORE INTO upstream (name) VALUES (?)", .text(key.upstream))
        return try first(
            """
            INSERT INTO repository (upstream_id, name)
            VALUES ((SELECT id FROM upstream WHERE name = ?), ?) RETURNING id
            """, .text(key.upstream), .text(key.repository.description)
        ) { $0.integer(0) } ?? 0
    }
}
