/// `/stats/upstreams`

struct UpstreamDocument: Codable, Sendable, Equatable {
    enum State: String, Codable, Sendable {
        /// Not asked yet.
        case unknown
        case up, failing
    }

    struct Status: Codable, Sendable, Equatable {
        var state: State
        @Nullable var sinceAt: Timestamp?
        @Nullable var lastSuccessAt: Timestamp?
        @Nullable var lastFailureAt: Timestamp?
        /// One word, such as `timed_out`.
        @Nullable var lastFailure: String?
    }

    struct RateLimit: Codable, Sendable, Equatable {
        var limit: Int64
        var remaining: Int64
        /// Null where the upstream does not tell.
        @Nullable var windowSeconds: Int64?
        var seenAt: Timestamp
    }

    var name: String
    var traffic: TrafficDocument
    var objects: Int64
    var storedBytes: Int64
    /// Its `max_size`.
    @Nullable var maxBytes: Int64?
    var status: Status
    var tokens: Int64
    /// Null where the upstream does not tell.
    @Nullable var rateLimit: RateLimit?
}
