/// `/stats/images`, `/stats/cold` and `/stats/evictions`.

struct ImageDocument: Codable, Sendable, Equatable {
    var upstream: String
    /// Without its upstream: `library/alpine`.
    var repository: String
    /// A tag, or a digest that was asked for without one.
    var reference: String
    var digest: String
    var mediaType: String
    /// Of the manifest, its config and layers, as it describes them.
    var sizeBytes: Int64
    var pulls: Int64
    var servedBytes: Int64
    var lastAccessAt: Timestamp
}

/// `/stats/cold`
struct ColdImageDocument: Codable, Sendable, Equatable {
    var digest: String
    /// As people write it, `docker.io/library/alpine:3`; null where no name is known.
    @Nullable var image: String?
    var sizeBytes: Int64
    /// What of it is in the store.
    var cachedBytes: Int64
    var lastAccessAt: Timestamp
}

/// `/stats/evictions`
struct EvictionDocument: Codable, Sendable, Equatable {
    var evictedAt: Timestamp
    var digest: String
    /// `manifest`, `blob` or `orphan`.
    var kind: String
    /// What it went with; null for an orphan.
    @Nullable var image: String?
    /// `budget`, `free_space`, `upstream_budget`, `unused`, `requested`, `purged` or `damaged`.
    var reason: String
    var freedBytes: Int64
    var lastAccessAt: Timestamp
}
