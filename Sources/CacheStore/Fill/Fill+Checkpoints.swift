/// Checkpoints: how much of a fill is known to be on the disk, for the fetch that goes on with it.

import Logging
import NIOPosix
import OCI
import Synchronization

/// One is saved after the other, beside the fill: an fsync takes as long as the disk needs for all
/// that was written since the last.
struct Checkpoints {
    /// Bytes between two.
    static let step: Int64 = 64 << 20

    /// Bytes of the prefix that are on the disk.
    var synced: Int64 = 0
    /// The last one that was begun.
    fileprivate(set) var saving: Task<Void, Never>?
    private var isSaving = false

    fileprivate mutating func begin(at position: Int64) -> Bool {
        guard !isSaving, position - synced >= Self.step else { return false }
        isSaving = true
        return true
    }

    fileprivate mutating func end() { isSaving = false }
}

extension Fill {
    func startCheckpoint() {
        let position = position
        guard prefix.withLock({ $0.checkpoints.begin(at: position) }) else { return }
        let saving = Task {
            await saveCheckpoint()
            prefix.withLock { $0.checkpoints.end() }
        }
        prefix.withLock { $0.checkpoints.saving = saving }
    }

    /// Waits for the checkpoint that is being saved, if any: to be called before the fill ends, so
    /// that none is left behind.
    func settleCheckpoint() async {
        await prefix.withLock { $0.checkpoints.saving }?.value
    }

    func saveCheckpoint() async {
        let position = position
        do {
            try await committer.threads.sync.runIfActive { [self] in try content.file.sync() }
            prefix.withLock { $0.checkpoints.synced = position }
            let (digest, now) = (digest, committer.clock.now())
            try await committer.index.perform {
                try $0.setCheckpoint(digest, synced: position, now: now)
            }
        } catch {
            logger.warning(
                "checkpoint not saved", metadata: ["digest": "\(digest)", "error": "\(error)"])
        }
    }
}
