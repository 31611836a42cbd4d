/// One image down to its layers.

import OCI

/// All that the index knows of one image.
package struct ImageDetail: Sendable {
    package struct Blob: Sendable {
        package let digest: Digest
        package let relation: Manifest.Child.Relation
        /// As the manifest describes it.
        package let size: Int64
        package let isCached: Bool
        package let hits: Int64
        package let accessedAt: Int64?
        /// Other manifests in the store that refer to it.
        package let sharedWith: Int64
    }

    /// An image manifest: the image itself, or one that an index lists.
    package struct Image: Sendable {
        package let digest: Digest
        package let platform: String?
        package let mediaType: MediaType?
        package let size: Int64
        package let isCached: Bool
        package let accessedAt: Int64?
        package var blobs: [Blob]
    }

    package let digest: Digest
    package let mediaType: MediaType
    package let size: Int64
    /// Blocks on the disk.
    package let cachedBytes: Int64
    package let pulls: Int64
    package let accessedAt: Int64
    /// Tags of the repository that name it, with the time when they were last verified.
    package let tags: [(name: String, verifiedAt: Int64)]
    package let images: [Image]
    package let names: [ImageName]
}

extension Database {
    /// Nil where the upstream never answered with it in this repository, or it is gone.
    func imageDetail(_ digest: Digest, in key: RepositoryKey) throws(SQLiteError) -> ImageDetail? {
        guard let id = try digestID(digest), let repository = try repositoryID(key) else {
            return nil
        }
        let isProven = try first(
            "SELECT 1 FROM proof WHERE repository_id = ? AND digest_id = ?",
            .integer(repository), .integer(id)
        ) { _ in true }
        guard isProven == true else { return nil }
        let tags = try all(
            """
            SELECT name, verified_at FROM tag WHERE repository_id = ? AND digest_id = ?
            ORDER BY name
            """, .integer(repository), .integer(id)
        ) { (name: $0.text(0) ?? "", verifiedAt: $0.integer(1)) }
        let pulls = try first(
            "SELECT coalesce(sum(pulls), 0) FROM image WHERE repository_id = ? AND digest_id = ?",
            .integer(repository), .integer(id)
        ) { $0.integer(0) }
        let images = try images(of: id, digest)
        let names = try names(of: id)
        let cached = try cachedBytes(of: id)
        return try first(
            """
            SELECT m.media_type, m.content_size, a.accessed_at FROM manifest m
            JOIN access a ON a.digest_id = m.digest_id WHERE m.digest_id = ?
            """, .integer(id)
        ) { row in
            ImageDetail(
                digest: digest, mediaType: MediaType(rawValue: row.text(0) ?? ""),
                size: row.integer(1), cachedBytes: cached, pulls: pulls ?? 0,
                accessedAt: row.integer(2), tags: tags, images: images, names: names)
        }
    }

    private func cachedBytes(of id: Int64) throws(SQLiteError) -> Int64 {
        try first(
            """
            WITH RECURSIVE part (id) AS (
                SELECT ?1 UNION
                SELECT c.digest_id FROM part p JOIN child c ON c.manifest_id = p.id
                WHERE c.relation <> 4)
            SELECT coalesce(sum(b.disk_size), 0) FROM part p JOIN blob b ON b.digest_id = p.id
            """, .integer(id)
        ) { $0.integer(0) } ?? 0
    }

    private func images(of id: Int64, _ digest: Digest) throws(SQLiteError) -> [ImageDetail.Image] {
        let listed = try all(
            """
            SELECT d.id, d.value, c.platform, c.size, m.media_type, a.accessed_at,
                b.digest_id IS NOT NULL, m.content_size
            FROM child c JOIN digest d ON d.id = c.digest_id
            LEFT JOIN blob b ON b.digest_id = d.id AND b.deleting = 0
            LEFT JOIN access a ON a.digest_id = d.id LEFT JOIN manifest m ON m.digest_id = d.id
            WHERE c.manifest_id = ? AND c.relation = 3 ORDER BY c.position
            """, .integer(id), map: Self.listedImage
        ).compactMap(\.self)
        guard listed.isEmpty else {
            return try listed.map { entry throws(SQLiteError) in
                var image = entry.image
                image.blobs = try blobs(of: entry.id)
                return image
            }
        }
        let own = try all(
            """
            SELECT d.id, d.value, NULL, m.content_size, m.media_type, a.accessed_at, 1,
                m.content_size
            FROM manifest m JOIN digest d ON d.id = m.digest_id
            JOIN access a ON a.digest_id = d.id WHERE m.digest_id = ?
            """, .integer(id), map: Self.listedImage
        ).compactMap(\.self)
        guard var image = own.first?.image else { return [] }
        image.blobs = try blobs(of: id)
        return image.blobs.isEmpty ? [] : [image]
    }

    private static func listedImage(_ row: Statement) -> (id: Int64, image: ImageDetail.Image)? {
        guard let digest = Digest(indexKey: row.blob(1)) else { return nil }
        let isCached = row.integer(6) == 1
        let image = ImageDetail.Image(
            digest: digest, platform: row.text(2),
            mediaType: row.text(4).map(MediaType.init(rawValue:)),
            size: isCached ? row.integer(7) : row.integer(3), isCached: isCached,
            accessedAt: isCached ? row.integer(5) : nil, blobs: [])
        return (row.integer(0), image)
    }

    private func blobs(of manifest: Int64) throws(SQLiteError) -> [ImageDetail.Blob] {
        try all(
            """
            SELECT d.value, c.relation, c.size, b.digest_id IS NOT NULL, a.hits, a.accessed_at,
                (SELECT count(DISTINCT o.manifest_id) FROM child o
                 WHERE o.digest_id = c.digest_id AND o.relation IN (1, 2)
                   AND o.manifest_id <> c.manifest_id)
            FROM child c JOIN digest d ON d.id = c.digest_id
            LEFT JOIN blob b ON b.digest_id = d.id AND b.deleting = 0
            LEFT JOIN access a ON a.digest_id = d.id
            WHERE c.manifest_id = ? AND c.relation IN (1, 2) ORDER BY c.position
            """, .integer(manifest)
        ) { row -> ImageDetail.Blob? in
            guard let digest = Digest(indexKey: row.blob(0)),
                let relation = Manifest.Child.Relation(rawValue: Int(row.integer(1)))
            else { return nil }
            let isCached = row.integer(3) == 1
            return ImageDetail.Blob(
                digest: digest, relation: relation, size: row.integer(2), isCached: isCached,
                hits: row.integer(4), accessedAt: isCached ? row.integer(5) : nil,
                sharedWith: row.integer(6))
        }.compactMap(\.self)
    }
}
