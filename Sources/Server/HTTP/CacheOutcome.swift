/// What the cache did for a request, and how that is told.

/// Rendered as `Cache-Status` (RFC 9211) and, for people, as `X-Cache`.
enum CacheOutcome: Sendable, Equatable {
    /// Everything was here and fresh.
    case hit
    /// The upstream confirmed it, to this request or to another that asked at the same time.
    case revalidated(upstreamStatus: Int, isCollapsed: Bool = false)
    /// What the upstream said before, while it is asked again behind the answer.
    case revalidating
    /// The upstream was asked for it; heads and listings are passed on without being stored.
    case miss(upstreamStatus: Int, isStored: Bool = true)
    /// The upstream was asked, and the answer is not kept: there is no room, or `cache.enabled` is
    /// false.
    case uncached(upstreamStatus: Int)
    /// The client was sent to where the upstream's redirect leads.
    case handedOver(upstreamStatus: Int)
    /// A fetch that was running already brings it.
    case coalesced
    /// The upstream could not answer, or was not asked for a reason; what it last said is served.
    case stale(reason: String, upstreamStatus: Int?, isForwarded: Bool = true)

    /// `hit` is only said where nothing was asked upstream: it excludes `fwd` (RFC 9211 §2.1).
    var cacheStatus: String { cacheStatus(ttl: nil) }

    /// - Parameter ttl: seconds for which the answer is still fresh, negative where it is stale
    ///   (RFC 9211 §2.4); nil where that is not known or has no end.
    func cacheStatus(ttl: Int64?) -> String {
        let ttl = ttl.map { "ttl=\($0)" }
        return (["larder", handling, ttl, detail].compactMap(\.self) + storing)
            .joined(separator: "; ")
    }

    private var handling: String {
        switch self {
        case .hit, .revalidating, .stale(_, _, isForwarded: false): "hit"
        case .revalidated(let status, _): "fwd=stale; fwd-status=\(status)"
        case .miss(let status, _), .uncached(let status):
            "fwd=uri-miss; fwd-status=\(status)"
        case .handedOver(let status): "fwd=uri-miss; fwd-status=\(status)"
        case .coalesced: "fwd=uri-miss"
        case .stale(_, let status, _): "fwd=stale" + (status.map { "; fwd-status=\($0)" } ?? "")
        }
    }

    private var detail: String? {
        switch self {
        case .revalidating: "detail=revalidating"
        case .handedOver: "detail=handed-over"
        case .stale(let reason, _, _): "detail=stale-\(reason)"
        case .hit, .revalidated, .miss, .uncached, .coalesced: nil
        }
    }

    private var storing: [String] {
        switch self {
        case .miss(_, isStored: true): ["stored"]
        case .coalesced, .revalidated(_, isCollapsed: true): ["collapsed"]
        case .hit, .revalidating, .revalidated, .miss, .uncached, .handedOver, .stale: []
        }
    }

    var xCache: String {
        switch self {
        case .hit, .revalidated: "HIT"
        case .miss, .uncached, .coalesced: "MISS"
        case .handedOver: "BYPASS"
        case .revalidating, .stale: "STALE"
        }
    }

    /// A word for the access log.
    var word: String {
        switch self {
        case .hit: "hit"
        case .revalidated: "revalidated"
        case .revalidating: "revalidating"
        case .miss: "miss"
        case .uncached: "uncached"
        case .handedOver: "handed_over"
        case .coalesced: "coalesced"
        case .stale: "stale"
        }
    }
}
