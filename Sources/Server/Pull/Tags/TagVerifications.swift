/// Verifications of tags that no request waits for, and those that ended in a refusal.

import Synchronization

/// Bounded by forgetting all.
final class TagVerifications: Sendable {
    private struct State {
        var running: Set<TagKey> = []
        var refused: Set<TagKey> = []
    }

    private static let limit = 10_000

    private let state = Mutex(State())

    /// Runs `verify` behind the request, unless one for the tag is running already. It belongs
    /// to nobody, and its calls upstream are not the request's.
    func start(_ key: TagKey, _ verify: @escaping @Sendable () async -> Void) {
        guard state.withLock({ $0.running.insert(key).inserted }) else { return }
        Task.detached { [self] in
            await verify()
            state.withLock { _ = $0.running.remove(key) }
        }
    }

    /// The upstream answered 401 or 403 for the tag: until it answers otherwise, what it said
    /// before is not served, be it fresh, and the upstream reachable, or not (R52).
    func refuse(_ key: TagKey) {
        state.withLock { state in
            if state.refused.count >= Self.limit { state.refused = [] }
            state.refused.insert(key)
        }
    }

    func accept(_ key: TagKey) {
        state.withLock { _ = $0.refused.remove(key) }
    }

    func isRefused(_ key: TagKey) -> Bool {
        state.withLock { $0.refused.contains(key) }
    }
}
