/// Blocks of a file through memory, for connections that are encrypted.

import CacheStore
import NIOCore
import NIOPosix
import Synchronization

/// How much memory all bodies under way may take: each has one block, the smaller the more there
/// are, and the ciphertext takes as much again until the client has taken it.
final class BlockBudget: Sendable {
    private let bodies = Atomic(0)
    private let bytes: Int64

    init(bytes: Int64 = 32 << 20) {
        self.bytes = bytes
    }

    /// Below 64 KiB the hops between threads cost more than the bytes; above 512 KiB nothing is
    /// gained.
    var blockBytes: Int64 {
        let share = bytes / Int64(max(1, bodies.load(ordering: .relaxed)))
        return min(max(share, 64 << 10), 512 << 10)
    }

    func bodyBegins() { bodies.add(1, ordering: .relaxed) }

    func bodyEnded() { bodies.subtract(1, ordering: .relaxed) }
}

/// Memory that is filled from a file again and again.
final class Block: Sendable {
    private let buffer = Mutex(ByteBuffer())

    /// What it was filled with, in parts: NIOSSL keeps as much memory for a connection as the
    /// largest part that it ever encrypted took.
    var parts: [IOData] {
        var rest = buffer.withLock { $0 }
        var parts: [IOData] = []
        while let part = rest.readSlice(length: min(rest.readableBytes, 64 << 10)),
            part.readableBytes > 0
        {
            parts.append(.byteBuffer(part))
        }
        return parts
    }

    /// Blocks.
    func fill(from content: GrowingFile, _ window: Range<Int64>) throws {
        let count = try buffer.withLock { buffer in
            // Without a new allocation once all that was taken of it is sent.
            buffer.clear(minimumCapacity: window.count)
            return try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: window.count) {
                let room = UnsafeMutableRawBufferPointer(rebasing: $0[..<window.count])
                return try content.read(into: room, at: window.lowerBound)
            }
        }
        guard count == window.count else { throw FileCutShort() }
    }
}

/// Reads on threads of the pool: no event loop waits for a disk.
final class BlockCarrier: BodyCarrier {
    /// Fills a block; a test puts its own in its place.
    typealias Read =
        @Sendable (Block, GrowingFile, Range<Int64>, any EventLoop) -> EventLoopFuture<Void>

    private let budget: BlockBudget
    private let read: Read
    /// Of the body under way.
    private var block: Block?

    init(_ budget: BlockBudget, read: @escaping Read = BlockCarrier.onThread) {
        self.budget = budget
        self.read = read
    }

    var windowBytes: Int64 { budget.blockBytes }
    /// So that the ciphertext of one is taken before the next is encrypted.
    let flushesEachPart = true

    func bodyBegins() {
        budget.bodyBegins()
        block = Block()
    }

    func bodyEnded() {
        block = nil
        budget.bodyEnded()
    }

    func carry(
        _ window: Range<Int64>, of content: GrowingFile, on loop: any EventLoop
    ) throws -> CarriedWindow {
        let block = block ?? Block()
        return .later(read(block, content, window, loop).map { block.parts })
    }

    static let onThread: Read = { block, content, window, loop in
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            try block.fill(from: content, window)
        }
    }
}
