// How much Larder asks of one upstream at most, whatever its clients ask of Larder.

package struct UpstreamLimits: Sendable, Hashable {
    /// Downloads of blobs at once, their bodies included; 0 for any number.
    package var maxFetches: Int
    /// Requests a second, sign-in and redirects apart; 0 for any number.
    package var maxRequestsPerSecond: Int
    /// Bytes of bodies a second, over all downloads; 0 for any number.
    package var maxBandwidth: Int64
    /// Requests that wait for their turn; the next one is refused.
    package var maxQueued: Int
    /// Percent of the limit that the registry announced, at or below which a stale tag is
    /// preferred to a request that counts; 0 for only when nothing remains.
    package var rateLimitReserve: Int

    package init(
        maxFetches: Int = 64,
        maxRequestsPerSecond: Int = 0,
        maxBandwidth: Int64 = 0,
        maxQueued: Int = 256,
        rateLimitReserve: Int = 10
    ) {
        self.maxFetches = maxFetches
        self.maxRequestsPerSecond = maxRequestsPerSecond
        self.maxBandwidth = maxBandwidth
        self.maxQueued = maxQueued
        self.rateLimitReserve = rateLimitReserve
    }
}
