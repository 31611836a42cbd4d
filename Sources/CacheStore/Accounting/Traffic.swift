/// What is counted of requests: the same for an upstream, a repository, an hour.

/// Counts and bytes; docs/budget.md says what counts as what.
package struct Traffic: Hashable, Sendable {
    package var requests: Int64 = 0
    package var hits: Int64 = 0
    package var misses: Int64 = 0
    package var coalesced: Int64 = 0
    package var stale: Int64 = 0
    package var heads: Int64 = 0
    package var pulls: Int64 = 0
    package var errors: Int64 = 0
    /// Body bytes handed to clients' sockets.
    package var bytesServed: Int64 = 0
    /// Those of them that nothing had to be fetched for.
    package var bytesHit: Int64 = 0
    /// Body bytes read from upstreams.
    package var bytesFetched: Int64 = 0

    package init() {}

    /// Answers served without a fetch, of all that count as one or the other; nil before the
    /// first.
    package var hitRate: Double? {
        let counted = hits + stale + coalesced + misses
        return counted > 0 ? Double(hits + stale) / Double(counted) : nil
    }

    /// The share of the bytes served that nothing had to be fetched for; nil before the first.
    package var byteHitRate: Double? {
        bytesServed > 0 ? Double(bytesHit) / Double(bytesServed) : nil
    }

    /// Bytes that did not come from an upstream thanks to the cache; never negative.
    package var bytesSaved: Int64 { max(0, bytesServed - bytesFetched) }

    package static func += (sum: inout Traffic, other: Traffic) {
        sum.requests += other.requests
        sum.hits += other.hits
        sum.misses += other.misses
        sum.coalesced += other.coalesced
        sum.stale += other.stale
        sum.heads += other.heads
        sum.pulls += other.pulls
        sum.errors += other.errors
        sum.bytesServed += other.bytesServed
        sum.bytesHit += other.bytesHit
        sum.bytesFetched += other.bytesFetched
    }

    package static func + (left: Traffic, right: Traffic) -> Traffic {
        var sum = left
        sum += right
        return sum
    }
}

extension Traffic {
    /// The columns of the traffic tables, in the order of their declaration.
    static let columns: [(name: String, path: any WritableKeyPath<Traffic, Int64> & Sendable)] = [
        ("requests", \.requests), ("hits", \.hits), ("misses", \.misses),
        ("coalesced", \.coalesced), ("stale", \.stale), ("heads", \.heads), ("pulls", \.pulls),
        ("errors", \.errors), ("bytes_served", \.bytesServed), ("bytes_hit", \.bytesHit),
        ("bytes_fetched", \.bytesFetched),
    ]

    var values: [SQLValue] { Self.columns.map { .integer(self[keyPath: $0.path]) } }

    /// Reads the columns of a traffic table, which begin at `first`.
    init(_ row: Statement, from first: Int32) {
        for (offset, column) in Self.columns.enumerated() {
            self[keyPath: column.path] = row.integer(first + Int32(offset))
        }
    }
}
