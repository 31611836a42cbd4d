/// `/stats` for people.

struct TotalsText: Sendable {
    let document: TotalsDocument
    /// Unix seconds.
    let now: Int64

    func lines(_ width: Int?) -> [String] {
        let asked = document.upstreams.filter { $0.traffic.requests > 0 || $0.objects > 0 }
        let facts = FactList([
            ("server", server), ("cache", cache), ("holding", holding),
            ("requests", requests), ("hit rate", hitRate), ("bytes", bytes),
            ("evicted", evicted), ("fetching", "\(Readable.count(document.fillsInFlight, "blob"))"),
        ]).lines(width)
        let warning =
            document.cache.pinsExceedBudget
            ? ["", "What is pinned or in use is more than the budget."] : []
        guard !asked.isEmpty else { return facts + warning }
        return facts + warning + [""] + StatisticsText.upstreams(asked, now: now, width: width)
    }

    private var server: String {
        let state = document.uptimeSeconds.map { "up \(Readable.span($0))" } ?? "not running"
        let span = Readable.span(now - document.sinceAt.unixSeconds)
        return "larder \(document.version), \(state), counting for \(span)"
    }

    private var cache: String {
        let cache = document.cache
        let share = cache.maxBytes > 0 ? Double(cache.usedBytes) / Double(cache.maxBytes) : nil
        return "\(Readable.size(cache.usedBytes)) of \(Readable.size(cache.maxBytes)) used "
            + "(\(Readable.percent(share))), \(Readable.size(cache.freeBytes)) free on the disk"
    }

    private var holding: String {
        let cache = document.cache
        let kept = [("reserved", cache.reservedBytes), ("held", cache.heldBytes)]
            .filter { $0.1 > 0 }.map { "; \(Readable.size($0.1)) \($0.0)" }.joined()
        return "\(Readable.count(cache.images, "image")), "
            + "\(Readable.count(cache.manifests, "manifest")), "
            + "\(Readable.count(cache.objects, "object"))\(kept)"
    }

    private var requests: String {
        let traffic = document.traffic
        let parts = [
            ("hits", traffic.hits), ("misses", traffic.misses), ("coalesced", traffic.coalesced),
            ("stale", traffic.stale), ("HEAD", traffic.heads), ("errors", traffic.errors),
        ].filter { $0.1 > 0 }.map { "\(Readable.count($0.1)) \($0.0)" }
        let list = parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))"
        return "\(Readable.count(traffic.requests))\(list)"
    }

    private var hitRate: String {
        let traffic = document.traffic
        return "\(Readable.percent(traffic.hitRate)) of requests, "
            + "\(Readable.percent(traffic.byteHitRate)) of bytes"
    }

    private var bytes: String {
        let traffic = document.traffic
        return "\(Readable.size(traffic.servedBytes)) served, "
            + "\(Readable.size(traffic.fetchedBytes)) fetched, "
            + "\(Readable.size(traffic.savedBytes)) saved"
    }

    private var evicted: String {
        "\(Readable.count(document.evictions.objects, "object")), "
            + Readable.size(document.evictions.bytes)
    }
}
