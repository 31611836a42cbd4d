/// What the configuration says of the budget, as the store takes it.
import CacheStore

extension Configuration {
    var storeLimits: StoreLimits {
        var limits = StoreLimits()
        limits.maxSize = StoreLimits.Size(cache.maxSize)
        limits.minFree = StoreLimits.Size(cache.minFree)
        limits.highWatermark = eviction.highWatermark
        limits.lowWatermark = eviction.lowWatermark
        limits.minAge = eviction.minAge.components.seconds
        limits.maxUnused = eviction.maxUnused?.components.seconds
        limits.platformWindow = eviction.platformWindow.components.seconds
        limits.upstreamMaxSize = upstreams.compactMapValues { upstream in
            upstream.maxSize.map { StoreLimits.Size($0) }
        }
        limits.pins = cache.pins
        return limits
    }
}

extension StoreLimits.Size {
    init(_ size: CacheSize) {
        switch size {
        case .bytes(let count): self = .bytes(count.bytes)
        case .percent(let percent): self = .percent(percent)
        }
    }
}
