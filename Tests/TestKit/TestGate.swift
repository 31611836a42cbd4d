// A gate: everybody waits at it until it is opened, once and for all.
import Synchronization

package final class TestGate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

extension ScriptedRegistry {
    /// Opens a gate that faults wait at, for those waiting and all to come.
    package func release(_ gate: String) {
        self.gate(gate).open()
    }

    func gate(_ name: String) -> TestGate {
        state.withLock { state in
            let gate = state.gates[name] ?? TestGate()
            state.gates[name] = gate
            return gate
        }
    }

    func releaseAll() {
        let gates = state.withLock { state in
            state.faults.removeAll()
            return Array(state.gates.values)
        }
        for gate in gates { gate.open() }
    }
}
