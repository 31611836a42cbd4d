/// What was counted of requests, wherever it stands in a document.

import CacheStore

struct TrafficDocument: Codable, Sendable, Equatable {
    var requests: Int64
    var hits: Int64
    var misses: Int64
    var coalesced: Int64
    var stale: Int64
    var heads: Int64
    var pulls: Int64
    var errors: Int64
    var servedBytes: Int64
    var hitBytes: Int64
    var fetchedBytes: Int64
    var savedBytes: Int64
    /// 0 to 1; null before there is anything to divide.
    @Nullable var hitRate: Double?
    /// 0 to 1; null before there is anything to divide.
    @Nullable var byteHitRate: Double?
}

extension TrafficDocument {
    init(_ traffic: Traffic) {
        self.init(
            requests: traffic.requests, hits: traffic.hits, misses: traffic.misses,
            coalesced: traffic.coalesced, stale: traffic.stale, heads: traffic.heads,
            pulls: traffic.pulls, errors: traffic.errors, servedBytes: traffic.bytesServed,
            hitBytes: traffic.bytesHit, fetchedBytes: traffic.bytesFetched,
            savedBytes: traffic.bytesSaved, hitRate: traffic.hitRate,
            byteHitRate: traffic.byteHitRate)
    }
}

/// `/stats/repositories`
struct RepositoryDocument: Codable, Sendable, Equatable {
    var upstream: String
    /// Without its upstream: `library/alpine`.
    var repository: String
    var traffic: TrafficDocument
}

/// `/stats/timeline`
struct TimelineDocument: Codable, Sendable, Equatable {
    var startAt: Timestamp
    /// 3600 or 86400.
    var stepSeconds: Int64
    var traffic: TrafficDocument
}

/// `/stats/clients`
struct ClientDocument: Codable, Sendable, Equatable {
    /// An IP address, or `other` for those that were merged.
    var address: String
    var requests: Int64
    var servedBytes: Int64
    var lastAccessAt: Timestamp
}
