// When the registry was well.

import Synchronization

/// Tells whether a fault fell into a span of time.
final class RegistrySchedule: Sendable {
    private struct State {
        var isWell = true
        /// Grows with each fault.
        var faults = 0
    }

    private let state = Mutex(State())

    func registryIsWell() {
        state.withLock { $0.isWell = true }
    }

    func registryFails() {
        state.withLock { state in
            if state.isWell { state.faults += 1 }
            state.isWell = false
        }
    }

    /// Runs `body`, which may fail where a fault fell into it: then the answer is nil.
    func forgivingFaults<Value>(_ body: () async throws -> Value) async throws -> Value? {
        let before = state.withLock { $0 }
        do {
            return try await body()
        } catch {
            let after = state.withLock { $0 }
            guard before.isWell, after.isWell, before.faults == after.faults else { return nil }
            throw error
        }
    }
}
