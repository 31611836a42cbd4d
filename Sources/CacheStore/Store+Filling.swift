/// New content: fills of blobs, and manifests, which come whole.

import Glibc
import NIOCore
import NIOPosix
import OCI
import Synchronization

private let manifestCount = Atomic<Int>(0)

extension Store {
    /// Another fill of the digest is running in this process.
    package struct FillInProgress: Error {}

    /// Budget or disk have no room for it and none can be made: it is to be streamed uncached
    /// (R38, R40, R42).
    package struct NoRoom: Error {
        package init() {}
    }

    /// How many bytes of a partial a fetch can go on from; 0 without one.
    package func checkpoint(of digest: Digest) async throws -> Int64 {
        // A digest that nobody began to fetch costs no query.
        guard partials.withLock({ $0[digest] != nil }) else { return 0 }
        return try await reader.read { try $0.checkpoint(digest) } ?? 0
    }

    /// Where a fill is written to without a change of thread.
    package var fillExecutor: any TaskExecutor { threads.fills }

    /// Opens `fills/<digest>` for the one leader, once there is room for it. A partial with a
    /// checkpoint is taken over by `Fill.resume()`.
    ///
    /// - Parameters:
    ///   - length: bytes, nil where the upstream does not tell.
    ///   - upstream: whose share of the budget it counts against.
    ///   - loop: carries the timers that announce progress.
    /// - Throws: `FillInProgress`, `NoRoom`, `FileError`.
    package func beginFill(
        _ digest: Digest, length: Int64?, upstream: String, on loop: any EventLoop
    ) async throws -> Fill {
        let isFree = await committer.locks.withLock(digest) {
            fills.withLock { $0.insert(digest).inserted }
        }
        guard isFree else { throw FillInProgress() }
        do {
            let opened = try await open(
                digest, length ?? Fill.reservationStep, upstream: upstream)
            return Fill(
                digest: digest, opened: opened, loop: loop, committer: committer, logger: logger,
                makeRoom: { [self] in await extend($0, to: $1, upstream: upstream) },
                onEnd: { [self] in endFill(digest, $0) })
        } catch {
            fills.withLock { _ = $0.remove(digest) }
            if let error = error as? FileError, error.isNoSpace { throw NoRoom() }
            throw error
        }
    }

    private func open(_ digest: Digest, _ bytes: Int64, upstream: String) async throws
        -> Fill.Opened
    {
        let hasPartial = partials.withLock { $0[digest] != nil }
        let checkpoint = try await checkpoint(of: digest)
        let reservation = try await reservation(for: digest, bytes, upstream: upstream)
        do {
            return try await threads.fills.run { [directory] in
                try Self.openFill(directory.fill(digest), checkpoint, reservation)
            }
        } catch {
            if hasPartial { partials.withLock { $0[digest] = reservation } }
            throw error
        }
    }

    private static func openFill(
        _ path: String, _ checkpoint: Int64, _ reservation: Reservation
    ) throws -> Fill.Opened {
        let file = try OpenFile.open(path, flags: O_RDWR | O_CREAT)
        let identity = try file.identity()
        let usable = identity.size >= checkpoint ? checkpoint : 0
        try file.truncate(to: usable)
        return Fill.Opened(
            file: file, inode: identity.inode, checkpoint: usable, reservation: reservation)
    }

    private func reservation(for digest: Digest, _ bytes: Int64, upstream: String) async throws
        -> Reservation
    {
        if let kept = partials.withLock({ $0.removeValue(forKey: digest) }) {
            if await extend(kept, to: bytes, upstream: upstream) { return kept }
            partials.withLock { $0[digest] = kept }
            throw NoRoom()
        }
        guard let reservation = await reserve(bytes, upstream: upstream) else { throw NoRoom() }
        return reservation
    }

    /// Sees to it that a reservation covers `bytes` in all, evicting for it where need be.
    private func extend(_ reservation: Reservation, to bytes: Int64, upstream: String) async
        -> Bool
    {
        if reservation.cover(bytes, step: 0) { return true }
        // What was made room for may be taken by another before this one does: that is no room.
        _ = await reserve(bytes - reservation.size, upstream: upstream)
        return reservation.cover(bytes, step: 0)
    }

    private func endFill(_ digest: Digest, _ reservation: Reservation) {
        if reservation.size > 0 { partials.withLock { $0[digest] = reservation } }
        fills.withLock { _ = $0.remove(digest) }
    }

    /// Removes partials that no fill is going on with and that were left before `time`.
    func dropPartials(leftBefore time: Int64) async throws {
        for digest in try await reader.read({ try $0.checkpoints(before: time) }) {
            try await committer.locks.withLock(digest) { try await dropPartial(digest) }
        }
    }

    /// A fill that begins meanwhile waits for the digest's lock.
    private func dropPartial(_ digest: Digest) async throws {
        guard !fills.withLock({ $0.contains(digest) }) else { return }
        _ = try await threads.io.runIfActive { [directory] in
            try DataDirectory.remove(directory.fill(digest))
        }
        partials.withLock { $0[digest] = nil }
        await remember { store in
            try await store.writer.perform { try $0.deleteCheckpoint(digest) }
        }
    }

    /// Writes and commits a manifest whose digest the caller has verified.
    ///
    /// - Throws: `NoRoom`, `FileError`, `SQLiteError`: it was served all the same.
    package func put(_ manifest: Manifest, digest: Digest, upstream: String) async throws {
        guard let reservation = await reserve(Int64(manifest.bytes.count), upstream: upstream)
        else { throw NoRoom() }
        let file = try await threads.io.runIfActive { [directory] in
            let file = try OpenFile.open(
                directory.manifestFill(
                    digest, unique: manifestCount.add(1, ordering: .relaxed).newValue),
                flags: O_WRONLY | O_CREAT | O_EXCL)
            do {
                try manifest.bytes.withUnsafeBytes { try file.write($0, at: 0) }
            } catch {
                try DataDirectory.remove(file.path)
                throw error
            }
            return file
        }
        try await committer.commit(
            file, as: digest, manifest: manifest, reservation: reservation)
    }
}
