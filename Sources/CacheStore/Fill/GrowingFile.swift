/// A file that readers follow while it is written; on a hit, one that is complete.

import NIOCore
import NIOPosix
import Synchronization

/// How far a fill came before the disk took no more, and the hash of all up to there: each
/// reader goes on with an upstream request of its own (design §2.9).
package struct FillOverflow: Sendable {
    package let position: Int64
    package let hasher: ContentHasher

    package init(position: Int64, hasher: ContentHasher) {
        self.position = position
        self.hasher = hasher
    }
}

/// Keeps the file open as long as somebody holds it, wakes readers when there is more for
/// them, and lends each event loop a handle of its own: a handle in use by one loop refuses
/// another (`EBUSY`).
package final class GrowingFile: Sendable {
    private struct Waiter {
        let loop: any EventLoop
        let offset: Int64
        let end: Int64?
        let wake: @Sendable () -> Void

        func isReady(_ progress: FillProgress) -> Bool {
            progress.outcome != .open || progress.availability(at: offset, end: end) != .wait
        }
    }

    private struct State {
        var progress: FillProgress
        var overflow: FillOverflow?
        var waiters: [Waiter] = []
        var handles: [ObjectIdentifier: NIOFileHandle] = [:]
        var unannouncedBytes: Int64 = 0
        var announcedAt: ContinuousClock.Instant?
        var hasTimer = false
    }

    /// Readers hear of progress in steps of this many bytes, or of `announceInterval`.
    private static let announceBytes: Int64 = 256 * 1024
    private static let announceInterval = Duration.milliseconds(20)

    let file: OpenFile
    /// Nil where each download holds one of its own.
    private let lease: OpenFiles.Lease?
    private let state: Mutex<State>

    /// An empty file that a `Fill` will write.
    init(filling file: OpenFile, lease: OpenFiles.Lease) {
        self.file = file
        self.lease = lease
        state = Mutex(State(progress: FillProgress()))
    }

    /// A complete file: a hit.
    init(complete file: OpenFile, size: Int64, lease: OpenFiles.Lease?) {
        self.file = file
        self.lease = lease
        var progress = FillProgress(length: size, outcome: .verified)
        progress.extents.insert(0..<size)
        state = Mutex(State(progress: progress))
    }

    /// A file that is all there but whose digest is in doubt: its tail is held back.
    init(unverified file: OpenFile, size: Int64, lease: OpenFiles.Lease) {
        self.file = file
        self.lease = lease
        var progress = FillProgress(length: size)
        progress.extents.insert(0..<size)
        state = Mutex(State(progress: progress))
    }

    deinit {
        let handles = state.withLock { $0.handles }
        for handle in handles.values { try? handle.close() }
    }

    /// Bytes, nil while unknown.
    package var length: Int64? { state.withLock { $0.progress.length } }

    package var isVerified: Bool { state.withLock { $0.progress.outcome == .verified } }

    /// Where readers go on by themselves, once the disk took no more.
    package var overflow: FillOverflow? { state.withLock { $0.overflow } }

    /// Bytes that the file has on the disk at the moment: one that was cut short from outside has
    /// fewer than `length` says. One `fstat`.
    package func sizeOnDisk() throws -> Int64 { try file.size() }

    /// Whether the bytes are in memory, so that sending them waits for no disk.
    package func isResident(at offset: Int64, count: Int64) -> Bool {
        file.isResident(at: offset, count: count)
    }

    /// Reads the bytes, so that they are in memory. Blocks.
    package func readIn(at offset: Int64, count: Int64) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(count), alignment: 4096)
        defer { buffer.deallocate() }
        _ = try file.read(into: buffer, at: offset)
    }

    /// Fills `buffer` as far as the file goes; answers the number of bytes. Blocks.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws -> Int {
        try file.read(into: buffer, at: offset)
    }

    /// Why it will not be completed; nil while it may be.
    package var failure: FillFailure? {
        state.withLock { state in
            if case .failed(let failure) = state.progress.outcome { failure } else { nil }
        }
    }

    package func availability(at offset: Int64, end: Int64?) -> FillAvailability {
        state.withLock { $0.progress.availability(at: offset, end: end) }
    }

    /// The end of the bytes written from `offset` on without a gap.
    package func writtenEnd(from offset: Int64) -> Int64 {
        state.withLock { $0.progress.extents.contiguousEnd(from: offset) }
    }

    /// The end of all that is written, gaps or not.
    var writtenBound: Int64 { state.withLock { $0.progress.extents.ranges.last?.upperBound ?? 0 } }

    /// Where bytes written after `offset` begin again.
    package func nextWritten(from offset: Int64) -> Int64? {
        state.withLock { $0.progress.extents.nextStart(from: offset) }
    }

    /// Calls `wake` once on `loop` when a reader at `offset` can go on, or must end.
    package func wait(
        at offset: Int64, end: Int64?, on loop: any EventLoop, wake: @escaping @Sendable () -> Void
    ) {
        let isReady = state.withLock { state in
            let waiter = Waiter(loop: loop, offset: offset, end: end, wake: wake)
            guard !waiter.isReady(state.progress) else { return true }
            state.waiters.append(waiter)
            return false
        }
        if isReady { loop.execute(wake) }
    }

    /// The loop's own handle. It stays open as long as this file is held.
    package func handle(for loop: any EventLoop) throws -> NIOFileHandle {
        try state.withLock { state in
            if let handle = state.handles[ObjectIdentifier(loop)] { return handle }
            let copy = try file.duplicate()
            let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: copy)
            state.handles[ObjectIdentifier(loop)] = handle
            return handle
        }
    }

    /// Waits until the content is verified; answers why it will not be, or nil.
    package func outcome() async -> FillFailure? {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        while true {
            switch state.withLock({ $0.progress.outcome }) {
            case .verified: return nil
            case .failed(let failure): return failure
            case .overflowed: return .storage("the disk took no more")
            case .open:
                let end = length
                await withCheckedContinuation { continuation in
                    wait(at: end ?? .max, end: nil, on: loop) { continuation.resume() }
                }
            }
        }
    }

    // MARK: For the writer

    func setLength(_ length: Int64) {
        state.withLock { $0.progress.length = length }
    }

    /// Records bytes written and wakes readers when enough has come together; what has not
    /// is announced by a timer on `loop`.
    func wrote(_ range: Range<Int64>, timer loop: any EventLoop) {
        let now = ContinuousClock.now
        let (ready, armTimer) = state.withLock { state -> ([Waiter], Bool) in
            state.progress.extents.insert(range)
            state.unannouncedBytes += range.upperBound - range.lowerBound
            let isDue =
                state.unannouncedBytes >= Self.announceBytes
                || state.announcedAt.map { now - $0 >= Self.announceInterval } ?? true
            if isDue { return (Self.takeReady(&state, now: now), false) }
            defer { state.hasTimer = true }
            return ([], !state.hasTimer)
        }
        Self.wake(ready)
        if armTimer {
            loop.scheduleTask(in: TimeAmount(Self.announceInterval)) { [weak self] in
                self?.announce()
            }
        }
    }

    func end(_ outcome: FillProgress.Outcome) {
        state.withLock { state in
            guard state.progress.outcome == .open else { return }
            state.progress.outcome = outcome
        }
        announce()
    }

    func overflow(_ overflow: FillOverflow) {
        state.withLock { $0.overflow = overflow }
        end(.overflowed)
    }

    private func announce() {
        let ready = state.withLock { state in
            state.hasTimer = false
            return Self.takeReady(&state, now: .now)
        }
        Self.wake(ready)
    }

    private static func takeReady(_ state: inout State, now: ContinuousClock.Instant) -> [Waiter] {
        state.unannouncedBytes = 0
        state.announcedAt = now
        let progress = state.progress
        let boundary = state.waiters.partition { $0.isReady(progress) }
        let ready = Array(state.waiters[boundary...])
        state.waiters.removeSubrange(boundary...)
        return ready
    }

    /// One task per event loop, however many of its readers can go on.
    private static func wake(_ waiters: [Waiter]) {
        for (_, group) in Dictionary(grouping: waiters, by: { ObjectIdentifier($0.loop) }) {
            group[0].loop.execute {
                for waiter in group { waiter.wake() }
            }
        }
    }
}
