// Lets tasks through at a rate, in the order they came.
import Synchronization

/// A waiting task costs nothing but its place in the queue: one timer serves all of them.
final class RateGate: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The time, and how it is waited for.
    struct Clock: Sendable {
        var now: @Sendable () -> Instant = { .now }
        var sleep: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    }

    private struct State {
        var bucket: TokenBucket
        var turns = Turns()
        var isTimed = false
    }

    private let state: Mutex<State>
    private let clock: Clock

    /// - Parameters:
    ///   - rate: units a second.
    ///   - burst: units at once after a rest.
    init(rate: Double, burst: Double, clock: Clock = Clock()) {
        self.clock = clock
        state = Mutex(State(bucket: TokenBucket(rate: rate, burst: burst, now: clock.now())))
    }

    /// Tasks in the queue.
    var waiting: Int { state.withLock { $0.turns.count } }

    /// Takes `units` where they are there; nobody overtakes who waits.
    func takeIfFree(_ units: Double) -> Bool {
        let now = clock.now()
        return state.withLock { state in
            state.turns.count == 0 && state.bucket.take(units, at: now)
        }
    }

    /// Waits until `units` may be had.
    ///
    /// - Throws: `CancellationError`, without having taken any.
    func take(_ units: Double) async throws {
        let id = state.withLock { $0.turns.takeNumber() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let needsTimer = state.withLock { state in
                    state.turns.append(waiter, id: id, units: units)
                    defer { state.isTimed = true }
                    return !state.isTimed
                }
                if needsTimer { Task { await self.serve() } }
                // Whoever cancelled before the turn was queued found nothing to remove.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Counts units that were not waited for.
    func charge(_ units: Double) {
        let now = clock.now()
        state.withLock { $0.bucket.charge(units, at: now) }
    }

    /// Serves the queue until it is empty.
    private func serve() async {
        while let delay = step() {
            if delay > .zero { await clock.sleep(delay) }
        }
    }

    /// Lets through whom it can; how long until the next one, nil where nobody waits.
    private func step() -> Duration? {
        let now = clock.now()
        var served: [Turns.Waiter] = []
        let delay = state.withLock { state -> Duration? in
            while let units = state.turns.next {
                guard state.bucket.take(units, at: now) else {
                    return state.bucket.delay(until: units, at: now)
                }
                if let waiter = state.turns.popFirst() { served.append(waiter) }
            }
            state.isTimed = false
            return nil
        }
        for waiter in served { waiter.resume() }
        return delay
    }

    private func leave(_ id: UInt64) {
        state.withLock { $0.turns.remove(id: id) }?.resume(throwing: CancellationError())
    }
}
