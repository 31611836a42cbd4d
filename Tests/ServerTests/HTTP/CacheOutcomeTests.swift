/// What the cache did, as RFC 9211 has it.
import Testing

@testable import Server

@Suite("Cache outcomes")
struct CacheOutcomeTests {
    @Test(
        "Cache-Status says hit or forwarded, never both, and stored where it is",
        arguments: [
            (CacheOutcome.hit, "larder; hit", "HIT"),
            (.revalidated(upstreamStatus: 200), "larder; fwd=stale; fwd-status=200", "HIT"),
            (.miss(upstreamStatus: 200), "larder; fwd=uri-miss; fwd-status=200; stored", "MISS"),
            (
                .miss(upstreamStatus: 200, isStored: false), "larder; fwd=uri-miss; fwd-status=200",
                "MISS"
            ),
            (
                .handedOver(upstreamStatus: 302),
                "larder; fwd=uri-miss; fwd-status=302; detail=handed-over", "BYPASS"
            ),
            (.coalesced, "larder; fwd=uri-miss; collapsed", "MISS"),
            (
                .stale(reason: "status", upstreamStatus: 503),
                "larder; fwd=stale; fwd-status=503; detail=stale-status", "STALE"
            ),
            (
                .stale(reason: "timeout", upstreamStatus: nil),
                "larder; fwd=stale; detail=stale-timeout", "STALE"
            ),
        ])
    func rendering(outcome: CacheOutcome, cacheStatus: String, xCache: String) {
        #expect(outcome.cacheStatus == cacheStatus)
        #expect(outcome.xCache == xCache)
    }
}
