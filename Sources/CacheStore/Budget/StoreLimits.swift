/// How much may lie on the disk, and what may be evicted for it.

import OCI

package struct StoreLimits: Sendable, Equatable {
    package enum Size: Sendable, Equatable {
        /// Bytes.
        case bytes(Int64)
        /// Of the file system that holds the data directory.
        case percent(Int)
    }

    package var maxSize = Size.bytes(50 << 30)
    /// What stays free on the file system.
    package var minFree = Size.bytes(1 << 30)
    /// Percent of `maxSize` from which on evicting begins, and down to which it goes.
    package var highWatermark = 95
    package var lowWatermark = 90
    /// Nothing used or stored more recently is evicted. Seconds.
    package var minAge: Int64 = 60
    /// What was not used for so long is evicted although there is room. Seconds.
    package var maxUnused: Int64?
    /// How long a pull of an image makes it share the recency of indexes that list it. Seconds.
    package var platformWindow: Int64 = 30 * 86_400
    /// By the name of the upstream.
    package var upstreamMaxSize: [String: Size] = [:]
    /// Those of the configuration.
    package var pins: [ImagePattern] = []

    package init() {}
}
