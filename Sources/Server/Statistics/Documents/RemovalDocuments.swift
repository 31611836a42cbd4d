/// `/admin/v1/purge` and `/admin/v1/evict`: what was removed, or would be.

struct PurgeRequest: Codable, Sendable, Equatable {
    /// An image, a pattern with globs, a digest, a repository or an upstream.
    var target: String
    /// Left out: false.
    var dryRun: Bool?
}

struct EvictRequest: Codable, Sendable, Equatable {
    /// What may be used afterwards.
    @WholeNumber var toBytes: Int64
    /// Left out: false.
    var dryRun: Bool?
}

struct RemovedObjectDocument: Codable, Sendable, Equatable {
    var digest: String
    /// `manifest`, `blob` or `orphan`.
    var kind: String
    /// What it went with; null for an orphan.
    @Nullable var image: String?
    /// On the disk.
    var bytes: Int64
}

struct PurgeDocument: Codable, Sendable, Equatable {
    var tags: Int64
    var manifests: Int64
    var blobs: Int64
    var freedBytes: Int64
    /// Of the freed bytes, those that running downloads keep until they end.
    var heldBytes: Int64
    /// The first 1000.
    var items: [RemovedObjectDocument]
}

struct EvictDocument: Codable, Sendable, Equatable {
    var objects: Int64
    var freedBytes: Int64
    /// Of the freed bytes, those that running downloads keep until they end.
    var heldBytes: Int64
    /// Whether everything that was asked for could be freed.
    var isComplete: Bool
    /// The first 1000.
    var items: [RemovedObjectDocument]
}
