/// Counts hits in memory, to be written together: no hit waits for a write.

import Logging
import OCI
import Synchronization

final class AccessRecorder: Sendable {
    struct Access: Sendable {
        var hits: Int64
        /// Unix seconds.
        var last: Int64
    }

    private let pending = Mutex<[Digest: Access]>([:])

    func hit(_ digest: Digest, at time: Int64) {
        pending.withLock { pending in
            pending[digest, default: Access(hits: 0, last: time)].hits += 1
            pending[digest]?.last = time
        }
    }

    func take() -> [Digest: Access] {
        pending.withLock { pending in
            defer { pending = [:] }
            return pending
        }
    }
}

extension Store {
    /// Writes the accesses counted since the last call, in one transaction.
    package func flushAccesses() async {
        let taken = accesses.take()
        guard !taken.isEmpty else { return }
        do {
            try await writer.perform { database in
                for (digest, access) in taken {
                    try database.addAccess(digest, hits: access.hits, at: access.last)
                }
            }
        } catch {
            logger.warning("access times not written", metadata: ["error": "\(error)"])
        }
    }
}
