/// What the cache did for a request, and how that is told.

/// Rendered as `Cache-Status` (RFC 9211) and, for people, as `X-Cache`.
enum CacheOutcome: Sendable, Equatable {
    /// Everything was here and fresh.
    case hit
    /// The upstream confirmed it.
    case revalidated(upstreamStatus: Int)
    /// The upstream was asked for it; heads and listings are passed on without being stored.
    case miss(upstreamStatus: Int, isStored: Bool = true)
    /// The upstream was asked, and there is no room to keep the answer.
    case uncached(upstreamStatus: Int)
    /// A fetch that was running already brings it.
    case coalesced
    /// The upstream could not be asked; what it last said is served.
    case stale(reason: String, upstreamStatus: Int?)

    /// `hit` is only said where nothing was asked upstream: it excludes `fwd` (RFC 9211 §2.1).
    var cacheStatus: String {
        switch self {
        case .hit: "larder; hit"
        case .revalidated(let status): "larder; fwd=stale; fwd-status=\(status)"
        case .miss(let status, let isStored):
            "larder; fwd=uri-miss; fwd-status=\(status)" + (isStored ? "; stored" : "")
        case .uncached(let status): "larder; fwd=uri-miss; fwd-status=\(status)"
        case .coalesced: "larder; fwd=uri-miss; collapsed"
        case .stale(let reason, let status):
            "larder; fwd=stale" + (status.map { "; fwd-status=\($0)" } ?? "")
                + "; detail=stale-\(reason)"
        }
    }

    var xCache: String {
        switch self {
        case .hit, .revalidated: "HIT"
        case .miss, .uncached, .coalesced: "MISS"
        case .stale: "STALE"
        }
    }

    /// A word for the access log.
    var word: String {
        switch self {
        case .hit: "hit"
        case .revalidated: "revalidated"
        case .miss: "miss"
        case .uncached: "uncached"
        case .coalesced: "coalesced"
        case .stale: "stale"
        }
    }
}
