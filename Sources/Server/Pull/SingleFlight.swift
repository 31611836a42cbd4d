/// Many requests for one thing, one piece of work.

import Synchronization

/// Runs at most one operation per key at a time; whoever asks meanwhile shares its result.
/// The operation belongs to nobody: a caller that leaves does not end it.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let flights = Mutex<[Key: Promise<Value>]>([:])

    /// - Parameters:
    ///   - operation: its result goes to all callers.
    ///   - afterwards: runs once the callers have their value and before the key is free
    ///     again, so that what is stored there is found by the next caller.
    /// - Returns: the value, and whether this caller began the operation.
    func value(
        for key: Key,
        _ operation: @escaping @Sendable () async throws -> Value,
        afterwards: @escaping @Sendable (Value) async -> Void = { _ in }
    ) async throws -> (value: Value, isLeader: Bool) {
        let (promise, isLeader) = flights.withLock { flights in
            if let running = flights[key] { return (running, false) }
            let promise = Promise<Value>()
            flights[key] = promise
            return (promise, true)
        }
        if isLeader {
            Task {
                do {
                    let value = try await operation()
                    promise.keep(.success(value))
                    await afterwards(value)
                    flights.withLock { $0[key] = nil }
                } catch {
                    flights.withLock { $0[key] = nil }
                    promise.keep(.failure(error))
                }
            }
        }
        return (try await promise.value, isLeader)
    }
}
