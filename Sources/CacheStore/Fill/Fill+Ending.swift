/// How a fill ends: verified and committed, kept as a partial, handed over, or discarded.

import Logging
import NIOPosix
import OCI
import Synchronization

/// In tasks of their own: the pools refuse work of a cancelled task, as the leader's may be.
extension Fill {
    /// Compares the digest and lets the readers have the tail.
    /// - Throws: `FillFailure.digestMismatch`; the readers are cut then and the file is gone.
    package func verify() async throws {
        let (size, found) = prefix.withLock { (position, $0.hasher.digest()) }
        guard found == digest else {
            let failure = FillFailure.digestMismatch(found: "\(found)")
            await discard(failure)
            throw failure
        }
        if let announced = content.length, announced != size {
            content.end(.failed(.lengthMismatch(announced: announced, actual: size)))
        } else {
            content.setLength(size)
            content.end(.verified)
        }
    }

    /// After `verify()`, in nobody's way: makes the file part of the store. A failure is
    /// logged and the file discarded; the responses were right.
    ///
    /// - Returns: whether it is in the store.
    @discardableResult
    package func commit() async -> Bool {
        let isKept = await Task {
            await settleCheckpoint()
            do {
                try await committer.commit(
                    content.file, as: digest, manifest: nil, reservation: reservation)
                return true
            } catch {
                logger.error(
                    "verified content could not be kept",
                    metadata: ["digest": "\(digest)", "error": "\(error)"])
                await forgetCheckpoint()
                return false
            }
        }.value
        onEnd(reservation)
        return isKept
    }

    /// Nobody reads it: keeps the partial for the next fetch.
    package func suspend() async { await keepPartial(.abandoned) }

    /// Cuts the readers; keeps what a later fetch can go on from, if `failure` allows it.
    package func fail(_ failure: FillFailure) async {
        if case .interrupted = failure { return await keepPartial(failure) }
        await discard(failure)
    }

    private func keepPartial(_ failure: FillFailure) async {
        content.end(.failed(failure))
        guard max(position, checkpoint) > 0 else { return await remove() }
        await settleCheckpoint()
        if position > checkpoint { await Task { await saveCheckpoint() }.value }
        reservation.shrink(to: max(position, checkpoint, content.writtenBound))
        onEnd(reservation)
    }

    /// The disk or the budget took no more: readers send what is written, then each goes on by
    /// itself; the file is gone when the last of them closes it.
    package func overflow() async {
        let (position, hasher) = prefix.withLock { (self.position, $0.hasher) }
        content.overflow(FillOverflow(position: position, hasher: hasher))
        await remove()
    }

    private func discard(_ failure: FillFailure) async {
        content.end(.failed(failure))
        await remove()
    }

    private func remove() async {
        await Task {
            await settleCheckpoint()
            _ = try? await committer.threads.io.runIfActive { [self] in
                try DataDirectory.remove(content.file.path)
            }
            await forgetCheckpoint()
        }.value
        let bytes = Budget.inBlocks(max(position, content.writtenBound))
        reservation.end(
            held: committer.openFiles.unlinked(
                digest, inode: inode, bytes: min(bytes, reservation.size)))
        onEnd(reservation)
    }

    private func forgetCheckpoint() async {
        let digest = digest
        try? await committer.index.perform { try $0.deleteCheckpoint(digest) }
    }
}
