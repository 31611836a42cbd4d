// A port that answers nothing, and counts what comes in.
import NIOCore
import NIOPosix
import Synchronization

/// Shows that nobody came, or that whoever came said nothing.
package final class ByteListener: Sendable {
    package struct Counts: Sendable, Equatable {
        package var connections = 0
        package var closed = 0
        package var bytes = 0

        package init(connections: Int = 0, closed: Int = 0, bytes: Int = 0) {
            self.connections = connections
            self.closed = closed
            self.bytes = bytes
        }
    }

    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let listener: ByteListener

        init(_ listener: ByteListener) { self.listener = listener }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let count = unwrapInboundIn(data).readableBytes
            listener.state.withLock { $0.bytes += count }
        }

        func channelInactive(context: ChannelHandlerContext) {
            listener.state.withLock { $0.closed += 1 }
        }
    }

    private let state = Mutex(Counts())
    private let channel = Mutex<(any Channel)?>(nil)

    private init() {}

    package var counts: Counts { state.withLock { $0 } }
    package var port: Int { channel.withLock { $0?.localAddress?.port } ?? 0 }

    /// Runs `body` with a free port of all IPv4 addresses of this host.
    package static func with<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ByteListener) async throws -> Result
    ) async throws -> Result {
        let listener = ByteListener()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                listener.state.withLock { $0.connections += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Counter(listener))
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
        listener.channel.withLock { $0 = channel }
        do {
            let result = try await body(listener)
            try? await channel.close().get()
            return result
        } catch {
            try? await channel.close().get()
            throw error
        }
    }

    /// Waits until the last of `count` connections was closed.
    package func waitUntilClosed(_ count: Int = 1) async {
        while counts.closed < count { await shortPause() }
    }
}
