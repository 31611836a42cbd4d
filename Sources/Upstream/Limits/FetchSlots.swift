// How many downloads of one upstream run at once; the others wait in the order they came.
import Synchronization

final class FetchSlots: Sendable {
    private struct State {
        var running = 0
        var turns = Turns()
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: 0 for any number.
    init(limit: Int) {
        self.limit = limit > 0 ? limit : .max
    }

    var running: Int { state.withLock { $0.running } }

    /// A slot where one is free; nobody overtakes who waits.
    func takeIfFree() -> Bool {
        state.withLock { state in
            guard state.running < limit, state.turns.count == 0 else { return false }
            state.running += 1
            return true
        }
    }

    /// Waits for a slot.
    ///
    /// - Throws: `CancellationError`, without a slot.
    func take() async throws {
        let id = state.withLock { $0.turns.takeNumber() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let isFree = state.withLock { state in
                    if state.running < limit, state.turns.count == 0 {
                        state.running += 1
                        return true
                    }
                    state.turns.append(waiter, id: id)
                    return false
                }
                if isFree { return waiter.resume() }
                // Whoever cancelled before the turn was queued found nothing to remove.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Gives a slot back: to the first who waits.
    func give() {
        let next = state.withLock { state in
            let next = state.turns.popFirst()
            if next == nil { state.running -= 1 }
            return next
        }
        next?.resume()
    }

    private func leave(_ id: UInt64) {
        state.withLock { $0.turns.remove(id: id) }?.resume(throwing: CancellationError())
    }
}
