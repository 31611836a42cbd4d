/// Which files are being sent: what an eviction leaves alone, and whose blocks an unlink
/// does not free yet.

import OCI
import Synchronization

/// Counts the holders of each open file, by digest and inode: a digest may have an unlinked
/// file that is still being sent and a new one.
package final class OpenFiles: Sendable {
    private struct Entry {
        var holders = 0
        /// Bytes to give back to the budget when the last holder closes it.
        var heldBytes: Int64 = 0
    }

    private let entries = Mutex<[Digest: [Int64: Entry]]>([:])
    private let budget: Budget

    init(budget: Budget) {
        self.budget = budget
    }

    /// Counts as a holder as long as it is kept.
    package final class Lease: Sendable {
        private let digest: Digest
        private let inode: Int64
        private let files: OpenFiles

        fileprivate init(_ digest: Digest, _ inode: Int64, _ files: OpenFiles) {
            self.digest = digest
            self.inode = inode
            self.files = files
        }

        deinit { files.close(digest, inode) }
    }

    func open(_ digest: Digest, inode: Int64) -> Lease {
        entries.withLock { $0[digest, default: [:]][inode, default: Entry()].holders += 1 }
        return Lease(digest, inode, self)
    }

    func isOpen(_ digest: Digest) -> Bool {
        entries.withLock { $0[digest] != nil }
    }

    /// The file was unlinked: where it is open, its blocks are held until it is closed.
    /// - Returns: the bytes held, for the caller to tell the budget with what it gives back.
    func unlinked(_ digest: Digest, inode: Int64, bytes: Int64) -> Int64 {
        entries.withLock { entries in
            guard entries[digest]?[inode] != nil else { return 0 }
            entries[digest]?[inode]?.heldBytes = bytes
            return bytes
        }
    }

    private func close(_ digest: Digest, _ inode: Int64) {
        let released = entries.withLock { entries -> Int64 in
            guard var entry = entries[digest]?[inode] else { return 0 }
            entry.holders -= 1
            guard entry.holders == 0 else {
                entries[digest]?[inode] = entry
                return 0
            }
            entries[digest]?[inode] = nil
            if entries[digest]?.isEmpty == true { entries[digest] = nil }
            return entry.heldBytes
        }
        if released > 0 { budget.closed(released) }
    }
}
