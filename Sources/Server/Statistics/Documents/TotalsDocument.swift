/// `/stats` and the predecessor's `/stats/cache`.

struct TotalsDocument: Codable, Sendable, Equatable {
    struct Evictions: Codable, Sendable, Equatable {
        var objects: Int64
        var bytes: Int64
    }

    var version: String
    /// Since when the traffic is counted.
    var sinceAt: Timestamp
    /// Null where no server runs and the index was read without one.
    @Nullable var uptimeSeconds: Int64?
    var traffic: TrafficDocument
    var cache: CacheDocument
    var fillsInFlight: Int64
    var evictions: Evictions
    var upstreams: [UpstreamDocument]
}

/// The budget and what is in the store.
struct CacheDocument: Codable, Sendable, Equatable {
    /// Stored, reserved and held together: what counts against the budget.
    var usedBytes: Int64
    var storedBytes: Int64
    var reservedBytes: Int64
    var heldBytes: Int64
    /// `cache.max_size`.
    var maxBytes: Int64
    /// Of the file system, above `cache.min_free`.
    var freeBytes: Int64
    var objects: Int64
    var manifests: Int64
    var images: Int64
    var pinsExceedBudget: Bool
}

/// `/stats/cache`
struct LegacyCacheDocument: Codable, Sendable, Equatable {
    var blobCount: Int64
    var manifestCount: Int64
    var totalRequests: Int64
    var cacheHits: Int64
    var cacheMisses: Int64
    @Nullable var hitRate: Double?
    var totalSize: Int64
    var inFlight: Int64
}
