/// How much of a file is in flight to one client.
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore
@testable import Server

/// Keeps what is written to it, and says it was sent only when told to: a client's full socket.
private final class FullSocket: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = HTTPServerResponsePart

    struct Write: Sendable {
        let region: Range<Int>
        let promise: EventLoopPromise<Void>?
    }

    let writes = Mutex<[Write]>([])
    /// Whether it is a socket that has room for all.
    let takesAll = Atomic(false)

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .body(.fileRegion(let region)) = unwrapOutboundIn(data) else { return }
        let write = Write(region: region.readerIndex..<region.endIndex, promise: promise)
        writes.withLock { $0.append(write) }
        if takesAll.load(ordering: .relaxed) { promise?.succeed() }
    }
}

private final class WritabilityEar: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    var heard = 0

    func channelWritabilityChanged(context: ChannelHandlerContext) { heard += 1 }
}

/// Pages that come into memory when the test says so.
private final class ColdPages: Sendable {
    private let state = Mutex<(read: [Range<Int64>], promises: [EventLoopPromise<Void>])>(([], []))

    var windowsRead: [Range<Int64>] { state.withLock { $0.read } }

    var pages: PageCache {
        PageCache(
            isResident: { _, _ in false },
            readIn: { _, window, loop in
                let promise = loop.makePromise(of: Void.self)
                self.state.withLock { state in
                    state.read.append(window)
                    state.promises.append(promise)
                }
                return promise.futureResult
            })
    }

    func arrive() { state.withLock { $0.promises.last }?.succeed() }
}

@Suite("File bodies")
struct FileBodyHandlerTests {
    /// A handler over a socket that takes nothing by itself, and a file of 10 MiB.
    private func withHandler(
        _ pages: PageCache,
        _ body: (FileBodyHandler, FullSocket, OpenFile, EmbeddedChannel) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = try OpenFile.open(directory.file("blob"), flags: O_RDWR | O_CREAT)
        try file.truncate(to: 10 << 20)
        let socket = FullSocket()
        let handler = FileBodyHandler(SendfileCarrier(pages))
        let channel = EmbeddedChannel(handlers: [socket, handler])
        defer { _ = try? channel.finish() }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(handler, socket, file, channel)
    }

    private func whole(_ file: OpenFile) -> (FileSpan, GrowingFile) {
        (
            FileSpan(start: 0, end: 10 << 20),
            GrowingFile(complete: file, size: 10 << 20, lease: nil)
        )
    }

    private func regions(sentBy socket: FullSocket) -> [Range<Int>] {
        socket.writes.withLock { $0.map(\.region) }
    }

    @Test("R16: a client that does not read has one window in flight, in regions of 1 MiB")
    func oneWindow() throws {
        try withHandler(.system) { handler, socket, file, channel in
            let (span, content) = whole(file)
            let sent = handler.send(span, of: content, counter: BodyCounter())
            channel.embeddedEventLoop.run()
            #expect(regions(sentBy: socket) == [0..<1 << 20, 1 << 20..<2 << 20])
            for _ in 0..<5 { socket.writes.withLock { $0.last }?.promise?.succeed() }
            let regions = regions(sentBy: socket)
            #expect(regions.count == 10)
            #expect(regions.allSatisfy { $0.count == 1 << 20 })
            let count = try sent.wait()
            #expect(count == 10 << 20)
        }
    }

    @Test("a client that takes all at once gets a window, then others have their turn")
    func turns() throws {
        try withHandler(.system) { handler, socket, file, channel in
            let (span, content) = whole(file)
            socket.takesAll.store(true, ordering: .relaxed)
            let sent = handler.send(span, of: content, counter: BodyCounter())
            for turn in 1...5 {
                #expect(socket.writes.withLock { $0.count } == 2 * turn)
                channel.embeddedEventLoop.run()
                #expect(socket.writes.withLock { $0.count } == 2 * turn)
                channel.embeddedEventLoop.advanceTime(by: FileBodyHandler.turnInterval)
            }
            let count = try sent.wait()
            #expect(count == 10 << 20)
        }
    }

    @Test("who writes behind it hears of the writability when the body has ended, if it changed")
    func writability() throws {
        for changes in [1, 2, 3] {
            try withHandler(.system) { handler, socket, file, channel in
                let ear = WritabilityEar()
                try channel.pipeline.syncOperations.addHandler(ear)
                let (_, content) = whole(file)
                let sent = handler.send(
                    FileSpan(start: 0, end: 2 << 20), of: content, counter: BodyCounter())
                for _ in 1...changes { channel.pipeline.fireChannelWritabilityChanged() }
                #expect(ear.heard == 0)
                socket.writes.withLock { $0.last }?.promise?.succeed()
                _ = try sent.wait()
                #expect(ear.heard == changes % 2)
                channel.pipeline.fireChannelWritabilityChanged()
                #expect(ear.heard == changes % 2 + 1)
            }
        }
    }

    @Test("pages that are not in memory are read before they are sent, and once")
    func coldPages() throws {
        let cold = ColdPages()
        try withHandler(cold.pages) { handler, socket, file, channel in
            let (span, content) = whole(file)
            let sent = handler.send(span, of: content, counter: BodyCounter())
            for count in 1...5 {
                #expect(socket.writes.withLock { $0.count } == 2 * (count - 1))
                cold.arrive()
                #expect(socket.writes.withLock { $0.count } == 2 * count)
                socket.writes.withLock { $0.last }?.promise?.succeed()
            }
            let sentRegions = regions(sentBy: socket)
            #expect(
                cold.windowsRead.map { Int($0.lowerBound)..<Int($0.upperBound) }
                    == stride(from: 0, to: 10, by: 2).map {
                        sentRegions[$0].lowerBound..<sentRegions[$0 + 1].upperBound
                    })
            let count = try sent.wait()
            #expect(count == 10 << 20)
        }
    }

    @Test("a file cut short between two windows, or while one is in flight, ends the body")
    func cutShort() throws {
        for isInFlight in [false, true] {
            try withHandler(.system) { handler, socket, file, channel in
                let (span, content) = whole(file)
                let sent = handler.send(span, of: content, counter: BodyCounter())
                try file.truncate(to: 1000)
                if isInFlight {
                    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
                } else {
                    socket.writes.withLock { $0.last }?.promise?.succeed()
                }
                #expect(throws: FileCutShort.self) { try sent.wait() }
                #expect(socket.writes.withLock { $0.count } == 2)
                #expect(channel.isActive != isInFlight)
            }
        }
    }

    @Test("whether pages are in memory is told without waiting for the disk")
    func residency() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = try OpenFile.open(directory.file("blob"), flags: O_RDWR | O_CREAT)
        let bytes = [UInt8](repeating: 7, count: 4 << 20)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        #expect(file.isResident(at: 0, count: 4 << 20))
        try file.sync()
        posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
        // A file system that lives in memory keeps them all the same.
        let content = GrowingFile(complete: file, size: 4 << 20, lease: nil)
        let wasResident = content.isResident(at: 1 << 20, count: 1 << 20)
        try content.readIn(at: 1 << 20, count: 1 << 20)
        #expect(content.isResident(at: 1 << 20, count: 1 << 20))
        if !wasResident { #expect(!content.isResident(at: 3 << 20, count: 1 << 20)) }
    }
}
