/// Who was let into which repository of a passthrough upstream, and when.

import CacheStore
import Synchronization

/// A right that one reader has, or had.
struct VerdictKey: Hashable, Sendable {
    let identity: ReaderIdentity
    let repository: RepositoryKey
}

/// In memory only; bounded by forgetting the oldest half.
final class Verdicts: Sendable {
    typealias Instant = ContinuousClock.Instant

    static let limit = 50_000

    private let allowed = Mutex<[VerdictKey: Instant]>([:])
    private let now: @Sendable () -> Instant

    init(now: @escaping @Sendable () -> Instant = { .now }) {
        self.now = now
    }

    /// Whether the upstream let the reader in, no longer ago than `age`.
    func isAllowed(_ key: VerdictKey, within age: Duration) -> Bool {
        allowed.withLock { $0[key] }.map { now() < $0 + age } ?? false
    }

    /// The repositories of `upstream` that the reader was let into, no longer ago than `age`.
    func repositories(
        of identity: ReaderIdentity, at upstream: String, within age: Duration
    ) -> [RepositoryKey] {
        let instant = now()
        return allowed.withLock { allowed in
            allowed.filter { key, at in
                key.identity == identity && key.repository.upstream == upstream
                    && instant < at + age
            }.map(\.key.repository)
        }
    }

    func allow(_ key: VerdictKey) {
        let instant = now()
        allowed.withLock { allowed in
            if allowed.count >= Self.limit, allowed[key] == nil {
                let middle = allowed.values.sorted()[allowed.count / 2]
                allowed = allowed.filter { $0.value > middle }
            }
            allowed[key] = instant
        }
    }

    func deny(_ key: VerdictKey) {
        allowed.withLock { $0[key] = nil }
    }
}
