/// Writes and hashes content into `fills/<digest>`, verifies it, commits it.

import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization

/// The writing side of one `GrowingFile`. One leader appends to the prefix; ranged fetches
/// may write ahead of it. States and invariants: docs/fill.md.
package final class Fill: Sendable {
    /// What the leader has written and hashed up to `position`.
    struct Prefix {
        var hasher: ContentHasher
        var checkpoints = Checkpoints()
        var writtenBack: Int64 = 0
        var isWritingBack = false
    }

    /// Bytes reserved at a time where the length is not known.
    static let reservationStep: Int64 = 16 << 20
    /// Bytes after which the kernel is asked to begin writing them out.
    private static let writebackBytes: Int64 = 8 << 20

    package let digest: Digest
    package let content: GrowingFile
    /// Bytes of a partial that are known to be on the disk, to be taken over by `resume()`.
    package let checkpoint: Int64
    let prefix: Mutex<Prefix>
    /// Changed under the lock of `prefix`, which is held while the disk is written to.
    private let reached = Atomic<Int64>(0)
    private let loop: any EventLoop
    let inode: Int64
    let reservation: Reservation
    let committer: Committer
    let logger: Logger
    private let makeRoom: @Sendable (Reservation, _ bytes: Int64) async -> Bool
    let onEnd: @Sendable (Reservation) -> Void

    /// What is opened for a fill.
    struct Opened: Sendable {
        let file: OpenFile
        let inode: Int64
        /// Bytes of a partial that may be relied on.
        let checkpoint: Int64
        let reservation: Reservation
    }

    /// - Parameters:
    ///   - makeRoom: sees to it that a reservation covers so many bytes, where it can.
    ///   - onEnd: called with the reservation when the digest is free for another fill.
    init(
        digest: Digest, opened: Opened, loop: any EventLoop, committer: Committer,
        logger: Logger, makeRoom: @escaping @Sendable (Reservation, Int64) async -> Bool,
        onEnd: @escaping @Sendable (Reservation) -> Void
    ) {
        self.digest = digest
        checkpoint = opened.checkpoint
        inode = opened.inode
        reservation = opened.reservation
        self.loop = loop
        self.committer = committer
        self.logger = logger
        self.makeRoom = makeRoom
        self.onEnd = onEnd
        content = GrowingFile(
            filling: opened.file, lease: committer.openFiles.open(digest, inode: opened.inode))
        prefix = Mutex(Prefix(hasher: ContentHasher(digest.algorithm)))
    }

    /// Bytes written and hashed without a gap from the beginning.
    package var position: Int64 { reached.load(ordering: .acquiring) }

    /// Promises readers this many bytes.
    package func announce(length: Int64) {
        content.setLength(length)
    }

    // MARK: Writing

    /// Appends to the prefix: writes, hashes, tells the readers. Without a change of thread in a
    /// task that prefers `Store.fillExecutor`.
    /// - Throws: `Store.NoRoom` where the budget or the disk has no more room, `FileError` where
    ///   the disk refuses it otherwise.
    package func append(_ buffer: ByteBuffer) async throws {
        let needed = position + Int64(buffer.readableBytes)
        if !reservation.cover(needed, step: Self.reservationStep) {
            guard await makeRoom(reservation, needed) else { throw Store.NoRoom() }
        }
        do {
            try await committer.threads.fills.run { [self] in try write(buffer) }
        } catch let error as FileError where error.isNoSpace {
            throw Store.NoRoom()
        }
    }

    private func write(_ buffer: ByteBuffer) throws {
        let written = try prefix.withLock { prefix in
            let start = position
            try buffer.withUnsafeReadableBytes { bytes in
                try content.file.write(bytes, at: start)
                prefix.hasher.update(bytes)
            }
            return start..<advance(by: Int64(buffer.readableBytes))
        }
        reservation.wrote(upTo: written.upperBound)
        content.wrote(written, timer: loop)
        startWriteback()
        startCheckpoint()
    }

    /// Under the lock of `prefix`; answers the new position.
    private func advance(by count: Int64) -> Int64 {
        reached.add(count, ordering: .releasing).newValue
    }

    /// Writes what a ranged fetch brought; what the prefix has passed already is dropped.
    package func write(_ buffer: ByteBuffer, at offset: Int64) async throws {
        try await committer.threads.fills.run { [self] in
            try prefix.withLock { _ in
                let end = offset + Int64(buffer.readableBytes)
                let start = max(offset, position)
                guard start < end else { return }
                try buffer.withUnsafeReadableBytes { bytes in
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[Int(start - offset)...])
                    try content.file.write(rest, at: start)
                }
                content.wrote(start..<end, timer: loop)
            }
        }
    }

    /// Hashes the partial up to its checkpoint, so that the prefix begins there.
    package func resume() async throws {
        let step: Int64 = 1 << 20
        while position < checkpoint {
            try await committer.threads.fills.run { [self] in
                let count = min(step, checkpoint - position)
                let hashed = try prefix.withLock { prefix in
                    let start = position
                    let bytes = try content.file.readAll(count: Int(count), at: start)
                    bytes.withUnsafeBytes { prefix.hasher.update($0) }
                    let end = advance(by: count)
                    prefix.checkpoints.synced = end
                    return start..<end
                }
                content.wrote(hashed, timer: loop)
            }
        }
    }

    /// Has the kernel begin to write out what is new, one piece at a time: the call finds blocks for
    /// it, and waits where the disk has its hands full.
    private func startWriteback() {
        let end = position
        let begin = prefix.withLock { prefix -> Int64? in
            guard end - prefix.writtenBack >= Self.writebackBytes, !prefix.isWritingBack else {
                return nil
            }
            defer { (prefix.writtenBack, prefix.isWritingBack) = (end, true) }
            return prefix.writtenBack
        }
        guard let begin else { return }
        committer.threads.sync.submit { [weak self, file = content.file] _ in
            file.startWriteback(from: begin, count: end - begin)
            self?.prefix.withLock { $0.isWritingBack = false }
        }
    }
}
