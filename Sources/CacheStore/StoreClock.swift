/// The time that goes into the index.

import Glibc

/// Unix seconds that never jump within a process: the wall clock is read once, from then on
/// the monotonic clock carries it (R49).
package struct StoreClock: Sendable {
    /// Unix seconds.
    package let now: @Sendable () -> Int64

    package init(now: @escaping @Sendable () -> Int64) {
        self.now = now
    }

    package static func steady() -> StoreClock {
        let startedAt = Int64(time(nil))
        let start = ContinuousClock.now
        return StoreClock { startedAt + (ContinuousClock.now - start).components.seconds }
    }
}
