/// What `/stats` tells that is not in the index alone.

import CacheStore
import OCI

/// Of a running server, or of a configuration and an index without one.
protocol StatisticsTotals: Sendable {
    func document() async throws -> TotalsDocument
    func upstreams() async throws -> [UpstreamDocument]
    /// Those of the configuration, then those made at run time.
    func pins() async throws -> [ImagePattern]
}

extension LegacyCacheDocument {
    init(_ totals: TotalsDocument) {
        let (traffic, cache) = (totals.traffic, totals.cache)
        self.init(
            blobCount: cache.objects - cache.manifests, manifestCount: cache.manifests,
            totalRequests: traffic.requests, cacheHits: traffic.hits + traffic.stale,
            cacheMisses: traffic.misses + traffic.coalesced, hitRate: traffic.hitRate,
            totalSize: cache.storedBytes, inFlight: totals.fillsInFlight)
    }
}

extension PinsDocument {
    init(configured: [ImagePattern], made: [ImagePattern]) {
        items =
            configured.map { PinDocument(pattern: "\($0)", source: .configuration) }
            + made.map { PinDocument(pattern: "\($0)", source: .runtime) }
    }
}
