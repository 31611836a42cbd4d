/// `/stats/image`: one image down to its layers.

struct ImageDetailDocument: Codable, Sendable, Equatable {
    struct Tag: Codable, Sendable, Equatable {
        var name: String
        var verifiedAt: Timestamp
    }

    struct Blob: Codable, Sendable, Equatable {
        enum Kind: String, Codable, Sendable {
            case config, layer
        }

        var digest: String
        var kind: Kind
        /// As the manifest describes it.
        var sizeBytes: Int64
        var isCached: Bool
        var hits: Int64
        /// Null for what is not in the store.
        @Nullable var lastAccessAt: Timestamp?
        /// How many other manifests in the store refer to it.
        var sharedWith: Int64
    }

    struct Manifest: Codable, Sendable, Equatable {
        var digest: String
        /// `linux/amd64`; null where neither the index nor the config tells.
        @Nullable var platform: String?
        var mediaType: String
        /// Of the manifest itself, its config and layers.
        var sizeBytes: Int64
        var isCached: Bool
        /// Null for what is not in the store.
        @Nullable var lastAccessAt: Timestamp?
        /// Empty for a manifest that is not in the store.
        var blobs: [Blob]
    }

    /// As people write it, `docker.io/library/alpine:3`.
    var name: String
    var digest: String
    var mediaType: String
    /// The pattern that keeps it from being evicted.
    @Nullable var pinnedBy: String?
    /// All tags of the repository that stand for this digest.
    var tags: [Tag]
    var sizeBytes: Int64
    /// What of it is in the store.
    var cachedBytes: Int64
    var pulls: Int64
    @Nullable var lastAccessAt: Timestamp?
    /// The image itself, or those that the index lists.
    var manifests: [Manifest]
}
