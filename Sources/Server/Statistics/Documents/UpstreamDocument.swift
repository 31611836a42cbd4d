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

    /// One of its addresses.
    struct Endpoint: Codable, Sendable, Equatable {
        enum State: String, Codable, Sendable {
            case unknown, up, failing
            /// It failed again and again: not asked for a while, but for a probe.
            case suspended
        }

        var url: String
        /// Whether tags are asked for there.
        var resolves: Bool
        var state: State
        /// Since when it answers, or does not.
        @Nullable var sinceAt: Timestamp?
        /// One word for its last failure, such as `timed_out_connect`.
        @Nullable var lastFailure: String?
        /// How long it is still not asked.
        @Nullable var suspendedSeconds: Int64?
    }

    struct RateLimit: Codable, Sendable, Equatable {
        var limit: Int64
        var remaining: Int64
        /// Null where the upstream does not tell.
        @Nullable var windowSeconds: Int64?
        var seenAt: Timestamp
    }

    /// One of the identities that Larder has there.
    struct Credential: Codable, Sendable, Equatable {
        /// The user name, the helper or the file; `anonymous` for none.
        var name: String
        /// Null where the upstream does not tell.
        @Nullable var rateLimit: RateLimit?
        /// Until when nothing is sent with it, after a 429; null where it may be used.
        @Nullable var resumesAt: Timestamp?
    }

    var name: String
    var traffic: TrafficDocument
    var objects: Int64
    var storedBytes: Int64
    /// Its `max_size`.
    @Nullable var maxBytes: Int64?
    var status: Status
    /// Whether it is not asked, because somebody wants it so.
    var isOffline: Bool
    /// In the order in which they are asked; none where it is not configured any more.
    var endpoints: [Endpoint]
    var tokens: Int64
    /// Redirects left to clients since the start.
    var redirectsHandedOver: Int64
    /// What it told last, whoever was asked as; null where the upstream does not tell.
    @Nullable var rateLimit: RateLimit?
    /// In the order of the configuration; empty of an upstream that is not configured any more.
    var credentials: [Credential]
}
