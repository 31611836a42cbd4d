/// How much of a file is in memory for clients whose connections are encrypted.
import Glibc
import NIOCore
import NIOEmbedded
import NIOHTTP1
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore
@testable import Server

/// Blocks that are read when the test says so.
private final class SlowDisk: Sendable {
    private struct Reading {
        let block: Block
        let content: GrowingFile
        let window: Range<Int64>
        let promise: EventLoopPromise<Void>
    }

    private let state = Mutex<(pending: [Reading], windows: [Range<Int64>])>(([], []))

    var windows: [Range<Int64>] { state.withLock { $0.windows } }

    var read: BlockCarrier.Read {
        { block, content, window, loop in
            let promise = loop.makePromise(of: Void.self)
            let reading = Reading(
                block: block, content: content, window: window, promise: promise)
            self.state.withLock { state in
                state.pending.append(reading)
                state.windows.append(window)
            }
            return promise.futureResult
        }
    }

    func finish() {
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for reading in pending {
            reading.promise.completeWith(
                Result { try reading.block.fill(from: reading.content, reading.window) })
        }
    }
}

/// Keeps what is written to it: a client's full socket.
private final class FullSocket: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = HTTPServerResponsePart

    let bytes = Mutex<[UInt8]>([])
    private let promises = Mutex<[EventLoopPromise<Void>]>([])

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .body(.byteBuffer(let buffer)) = unwrapOutboundIn(data) else { return }
        bytes.withLock { $0 += buffer.readableBytesView }
        if let promise { promises.withLock { $0.append(promise) } }
    }

    func takeAll() {
        let waiting = promises.withLock { promises in
            defer { promises = [] }
            return promises
        }
        for promise in waiting { promise.succeed() }
    }
}

@Suite("Encrypted bodies")
struct BlockCarrierTests {
    private static let bytes = SeededBytes.make(count: 1_300_000, seed: 12)

    private func withHandler(
        _ disk: SlowDisk, _ budget: BlockBudget = BlockBudget(),
        _ body: (FileBodyHandler, FullSocket, GrowingFile, OpenFile) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = try OpenFile.open(directory.file("blob"), flags: O_RDWR | O_CREAT)
        try Self.bytes.withUnsafeBytes { try file.write($0, at: 0) }
        let socket = FullSocket()
        let handler = FileBodyHandler(BlockCarrier(budget, read: disk.read))
        let channel = EmbeddedChannel(handlers: [socket, handler])
        defer { _ = try? channel.finish() }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let content = GrowingFile(
            complete: file, size: Int64(Self.bytes.count), lease: nil)
        try body(handler, socket, content, file)
    }

    private let whole = FileSpan(start: 0, end: Int64(bytes.count))

    @Test("R16: one block of 512 KiB is read or on its way, never two")
    func oneBlock() throws {
        let disk = SlowDisk()
        try withHandler(disk) { handler, socket, content, _ in
            let sent = handler.send(whole, of: content, counter: BodyCounter())
            for count in 1...3 {
                #expect(disk.windows.count == count)
                disk.finish()
                // Read, but not sent: nothing more is read.
                #expect(disk.windows.count == count)
                socket.takeAll()
            }
            let count = try sent.wait()
            #expect(count == Self.bytes.count)
            #expect(socket.bytes.withLock { $0 } == Self.bytes)
            #expect(disk.windows.map(\.count) == [512 << 10, 512 << 10, 1_300_000 - 1024 << 10])
        }
    }

    @Test("a range begins and ends where it should")
    func range() throws {
        let disk = SlowDisk()
        try withHandler(disk) { handler, socket, content, _ in
            let span = FileSpan(start: 777, end: 100_000)
            let sent = handler.send(span, of: content, counter: BodyCounter())
            disk.finish()
            socket.takeAll()
            let count = try sent.wait()
            #expect(count == 99_223)
            #expect(socket.bytes.withLock { $0 } == Array(Self.bytes[777..<100_000]))
        }
    }

    @Test("R6: a file cut short ends the body, whether before or while it is read")
    func cutShort() throws {
        let disk = SlowDisk()
        try withHandler(disk) { handler, socket, content, file in
            let sent = handler.send(whole, of: content, counter: BodyCounter())
            disk.finish()
            try file.truncate(to: 600_000)
            socket.takeAll()
            disk.finish()
            #expect(throws: FileCutShort.self) { try sent.wait() }
            #expect(socket.bytes.withLock { $0.count } == 512 << 10)
        }
    }

    @Test("the more bodies there are, the smaller their blocks; ended ones do not count")
    func sizes() throws {
        let budget = BlockBudget(bytes: 32 << 20)
        #expect(budget.blockBytes == 512 << 10)
        for _ in 0..<128 { budget.bodyBegins() }
        #expect(budget.blockBytes == 256 << 10)
        for _ in 0..<10_000 { budget.bodyBegins() }
        #expect(budget.blockBytes == 64 << 10)
        for _ in 0..<10_128 { budget.bodyEnded() }
        #expect(budget.blockBytes == 512 << 10)
        try withHandler(SlowDisk(), budget) { handler, _, content, _ in
            _ = handler.send(whole, of: content, counter: BodyCounter())
            for _ in 0..<63 { budget.bodyBegins() }
            #expect(budget.blockBytes == 512 << 10)
            budget.bodyBegins()
            #expect(budget.blockBytes < 512 << 10)
            for _ in 0..<64 { budget.bodyEnded() }
        }
        for _ in 0..<64 { budget.bodyBegins() }
        #expect(budget.blockBytes == 512 << 10)
    }
}
