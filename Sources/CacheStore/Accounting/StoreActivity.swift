/// What the store did since it was opened, for metrics.

import Synchronization

package struct StoreActivity: Sendable {
    package struct Evictions: Sendable, Equatable {
        package var objects = 0
        /// Bytes on the disk, those that running downloads keep included.
        package var bytes: Int64 = 0

        package init() {}
    }

    package internal(set) var evictions: [EvictionReason: Evictions] = [:]
    /// Objects whose file turned out to hold something else than what was verified.
    package internal(set) var damagedObjects = 0
    package internal(set) var index = IndexActivity()
    /// Whether what is pinned or in use alone is more than the budget.
    package internal(set) var pinsExceedBudget = false
}

/// Counts as the store works; shared by its parts.
final class StoreCounters: Sendable {
    private let state = Mutex(StoreActivity())

    var activity: StoreActivity { state.withLock { $0 } }

    func evicted(_ reason: EvictionReason, objects: Int, bytes: Int64) {
        state.withLock { state in
            state.evictions[reason, default: .init()].objects += objects
            state.evictions[reason, default: .init()].bytes += bytes
        }
    }

    func foundDamage() {
        state.withLock { $0.damagedObjects += 1 }
    }
}

extension Store {
    package var activity: StoreActivity {
        var activity = counters.activity
        activity.index = writer.activity
        activity.pinsExceedBudget = pinsExceedBudget.withLock { $0 }
        return activity
    }

    /// Blobs and manifests in the store; one read of the index.
    package func objectCount() async throws -> Int64 {
        try await reports.read { try $0.counter("blobs") }
    }
}
