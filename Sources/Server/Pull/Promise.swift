/// A value that many tasks wait for.

import Synchronization

/// Kept once; every waiter, early or late, gets the same result.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case pending([CheckedContinuation<Value, any Error>])
        case kept(Result<Value, any Error>)
    }

    private let state = Mutex(State.pending([]))

    /// Answers whether this was the first result.
    @discardableResult
    func keep(_ result: Result<Value, any Error>) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>]? in
            guard case .pending(let waiters) = state else { return nil }
            state = .kept(result)
            return waiters
        }
        for waiter in waiters ?? [] { waiter.resume(with: result) }
        return waiters != nil
    }

    /// The value, or nil where it is not there within `limit`.
    func value(within limit: Duration) async throws -> Value? {
        let first = Promise<Value?>()
        Task {
            do {
                first.keep(.success(try await value))
            } catch {
                first.keep(.failure(error))
            }
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            first.keep(.success(nil))
        }
        defer { timer.cancel() }
        return try await first.value
    }

    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    switch state {
                    case .kept(let result):
                        return result
                    case .pending(let waiters):
                        state = .pending(waiters + [continuation])
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }
}
