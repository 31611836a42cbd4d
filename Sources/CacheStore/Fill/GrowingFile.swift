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
    private struct State {
        var progress: FillProgress
        var overflow: FillOverflow?
        var readers = WaitingReaders()
        var handles: [ObjectIdentifier: NIOFileHandle] = [:]
    }

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
            let reader = WaitingReaders.Reader(loop: loop, offset: offset, end: end, wake: wake)
            guard !reader.isReady(state.progress) else { return true }
            state.readers.add(reader)
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
        let (ready, delay) = state.withLock { state -> ([[WaitingReaders.Reader]], Duration?) in
            state.progress.extents.insert(range)
            switch state.readers.due(after: Int64(range.count), at: now) {
            case .no: return ([], nil)
            case .now: return (state.readers.take(state.progress, at: now), nil)
            case .later(let delay): return ([], delay)
            }
        }
        Self.wake(ready)
        guard let delay else { return }
        loop.scheduleTask(in: TimeAmount(delay)) { [weak self] in
            self?.announce(isTimer: true)
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

    private func announce(isTimer: Bool = false) {
        let ready = state.withLock { state in
            state.readers.take(state.progress, at: .now, isTimer: isTimer)
        }
        Self.wake(ready)
    }

    /// One task per event loop, however many of its readers can go on.
    private static func wake(_ ready: [[WaitingReaders.Reader]]) {
        for readers in ready {
            readers[0].loop.execute {
                for reader in readers { reader.wake() }
            }
        }
    }
}
