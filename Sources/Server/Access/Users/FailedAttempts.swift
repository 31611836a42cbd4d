/// Wrong passwords, counted by the client they come from.

import Synchronization

/// So many within a minute, then none is looked at until the minute is over. Bounded by forgetting
/// what is over, and then all.
final class FailedAttempts: Sendable {
    typealias Instant = ContinuousClock.Instant

    static let allowed = 10
    static let window = Duration.seconds(60)
    static let maximumClients = 10_000

    private struct Count {
        var failures: Int
        let end: Instant
    }

    private let counts = Mutex<[ClientKey: Count]>([:])

    /// How long the client is not listened to; nil where it is.
    func pause(for client: ClientKey, now: Instant = .now) -> Duration? {
        counts.withLock { counts in
            guard let count = counts[client], count.failures >= Self.allowed, now < count.end
            else { return nil }
            return count.end - now
        }
    }

    func areKnown(of client: ClientKey) -> Bool { counts.withLock { $0[client] != nil } }

    func add(_ client: ClientKey, now: Instant = .now) {
        counts.withLock { counts in
            if counts.count >= Self.maximumClients { counts = counts.filter { now < $0.value.end } }
            if counts.count >= Self.maximumClients { counts = [:] }
            let running = counts[client].flatMap { now < $0.end ? $0 : nil }
            var count = running ?? Count(failures: 0, end: now + Self.window)
            count.failures += 1
            counts[client] = count
        }
    }

    func forget(_ client: ClientKey) {
        counts.withLock { $0[client] = nil }
    }
}
