// Redirect targets that did not answer, so that not every client waits for a time-out.
import Synchronization

/// A target is remembered for half a minute; then the next request tries it.
final class UnreachableTargets: Sendable {
    static let memory = Duration.seconds(30)
    /// Targets are named by an upstream: more are not remembered.
    private static let limit = 64

    private let failures = Mutex<[EndpointURL.Origin: ContinuousClock.Instant]>([:])

    func add(_ target: EndpointURL.Origin, now: ContinuousClock.Instant = .now) {
        failures.withLock { failures in
            failures = failures.filter { now - $0.value < Self.memory }
            if failures.count < Self.limit { failures[target] = now }
        }
    }

    func contains(_ target: EndpointURL.Origin, now: ContinuousClock.Instant = .now) -> Bool {
        failures.withLock { $0[target].map { now - $0 < Self.memory } ?? false }
    }
}
