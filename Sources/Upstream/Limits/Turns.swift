// Tasks that wait for their turn, first come, first served. To be kept under its owner's lock.
import NIOCore

struct Turns {
    typealias Waiter = CheckedContinuation<Void, any Error>

    private struct Turn {
        var id: UInt64
        var units: Double
        var waiter: Waiter
    }

    private var turns = CircularBuffer<Turn>()
    private var lastID: UInt64 = 0

    var count: Int { turns.count }

    /// What the first in the queue asks for.
    var next: Double? { turns.first?.units }

    /// A number to come back with.
    mutating func takeNumber() -> UInt64 {
        lastID += 1
        return lastID
    }

    mutating func append(_ waiter: Waiter, id: UInt64, units: Double = 1) {
        turns.append(Turn(id: id, units: units, waiter: waiter))
    }

    mutating func popFirst() -> Waiter? {
        turns.popFirst()?.waiter
    }

    /// The waiter, if it is still in the queue.
    mutating func remove(id: UInt64) -> Waiter? {
        turns.firstIndex { $0.id == id }.map { turns.remove(at: $0).waiter }
    }
}
