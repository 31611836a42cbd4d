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

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .body(.fileRegion(let region)) = unwrapOutboundIn(data) else { return }
        let write = Write(region: region.readerIndex..<region.endIndex, promise: promise)
        writes.withLock { $0.append(write) }
    }
}

@Suite("File bodies")
struct FileBodyHandlerTests {
    @Test("R16: a client that does not read has one region of at most 1 MiB in flight")
    func oneRegion() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = try OpenFile.open(directory.file("blob"), flags: O_RDWR | O_CREAT)
        try file.truncate(to: 10 << 20)
        let socket = FullSocket()
        let handler = FileBodyHandler()
        let channel = EmbeddedChannel(handlers: [socket, handler])
        defer { _ = try? channel.finish() }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()

        let lease = OpenFiles(budget: Budget()).open(.sha256(of: []), inode: 1)
        let sent = handler.send(
            FileSpan(start: 0, end: 10 << 20),
            of: GrowingFile(complete: file, size: 10 << 20, lease: lease), counter: BodyCounter())
        channel.embeddedEventLoop.run()
        #expect(socket.writes.withLock { $0.map(\.region) } == [0..<1 << 20])
        for _ in 0..<10 { socket.writes.withLock { $0.last }?.promise?.succeed() }
        let regions = socket.writes.withLock { $0.map(\.region) }
        #expect(regions.count == 10)
        #expect(regions.allSatisfy { $0.count == 1 << 20 })
        #expect(try sent.wait() == 10 << 20)
    }
}
