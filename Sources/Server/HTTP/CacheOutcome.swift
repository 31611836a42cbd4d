/// What the cache did for a request, and how that is told.

/// Rendered as `Cache-Status` (RFC 9211) and, for people, as `X-Cache`.
enum CacheOutcome: Sendable, Equatable {
    /// Everything was here and fresh.
    case hit
    /// The upstream confirmed it.
    case revalidated(upstreamStatus: Int)
    /// The upstream was asked for it.
    case miss(upstreamStatus: Int)
    /// The upstream was asked, and there is no room to keep the answer.
    case uncached(upstreamStatus: Int)
    /// A fetch that was running already brings it.
    case coalesced
    /// The upstream could not be asked; what it last said is served.
    case stale(reason: String, upstreamStatus: Int?)

    var cacheStatus: String {
        switch self {
        case .hit: "larder; hit"
        case .revalidated(let status): "larder; hit; fwd=stale; fwd-status=\(status)"
        case .miss(let status): "larder; fwd=uri-miss; fwd-status=\(status); stored"
        case .uncached(let status): "larder; fwd=uri-miss; fwd-status=\(status)"
        case .coalesced: "larder; fwd=uri-miss; collapsed"
        case .stale(let reason, let status):
            "larder; hit; detail=stale-\(reason)" + (status.map { "; fwd-status=\($0)" } ?? "")
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
