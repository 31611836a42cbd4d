/// One task at a time per digest: commit, adoption and deletion exclude each other.

import OCI
import Synchronization

/// Waiters are served in order. Holding a lock costs an entry, a free one nothing.
final class DigestLocks: Sendable {
    private let waiters = Mutex<[Digest: [CheckedContinuation<Void, Never>]]>([:])

    func withLock<Value: Sendable>(
        _ digest: Digest, _ body: () async throws -> Value
    ) async rethrows -> Value {
        await acquire(digest)
        defer { release(digest) }
        return try await body()
    }

    /// All of them, taken in one order by everybody, so that no two wait for each other.
    func withLocks<Value: Sendable>(
        _ digests: Set<Digest>, _ body: () async throws -> Value
    ) async rethrows -> Value {
        let ordered = digests.sorted { "\($0)" < "\($1)" }
        for digest in ordered { await acquire(digest) }
        defer { for digest in ordered { release(digest) } }
        return try await body()
    }

    private func acquire(_ digest: Digest) async {
        await withCheckedContinuation { continuation in
            let isFree = waiters.withLock { waiters in
                guard waiters[digest] != nil else {
                    waiters[digest] = []
                    return true
                }
                waiters[digest]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func release(_ digest: Digest) {
        let next = waiters.withLock { waiters -> CheckedContinuation<Void, Never>? in
            guard waiters[digest]?.isEmpty == false else {
                waiters[digest] = nil
                return nil
            }
            return waiters[digest]?.removeFirst()
        }
        next?.resume()
    }
}
