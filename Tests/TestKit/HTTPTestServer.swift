// The HTTP/1.1 server of scripted servers: accepts, parses, and hands requests to a closure.
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

final class HTTPTestServer: Sendable {
    /// Gets a request once its body is there.
    typealias Handler = @Sendable (HTTPRequestHead, [UInt8], ResponseWriter) async throws -> Void
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private struct State {
        var connections = 0
        var closeAtAccept = 0
        var serving: Task<Void, Never>?
    }

    let port: Int
    private let listener: NIOAsyncChannel<Connection, Never>
    private let state = Mutex(State())

    private init(listener: NIOAsyncChannel<Connection, Never>) {
        self.listener = listener
        self.port = listener.channel.localAddress?.port ?? 0
    }

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameter tls: for https.
    static func bind(tls: NIOSSLContext? = nil) async throws -> HTTPTestServer {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return HTTPTestServer(listener: listener)
    }

    var connectionCount: Int { state.withLock { $0.connections } }

    func closeAtAccept(_ count: Int) {
        state.withLock { $0.closeAtAccept += count }
    }

    func serve(_ handler: @escaping Handler) {
        let serving = Task { await self.run(handler) }
        state.withLock { $0.serving = serving }
    }

    func stop() async {
        let serving = state.withLock { $0.serving }
        serving?.cancel()
        try? await listener.channel.close()
        await serving?.value
    }

    private func run(_ handler: @escaping Handler) async {
        try? await listener.executeThenClose { connections in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
                        if self.accept() {
                            group.addTask { await self.run(connection, handler) }
                        } else {
                            group.addTask { try? await connection.executeThenClose { _, _ in } }
                        }
                    }
                } catch {
                    group.cancelAll()
                }
                group.cancelAll()
            }
        }
    }

    /// Counts a connection; false where it is to be closed.
    private func accept() -> Bool {
        state.withLock { state in
            state.connections += 1
            guard state.closeAtAccept > 0 else { return true }
            state.closeAtAccept -= 1
            return false
        }
    }

    private func run(_ connection: Connection, _ handler: Handler) async {
        try? await connection.executeThenClose { inbound, _ in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let next): (head, body) = (next, [])
                case .body(let buffer): body += buffer.readableBytesView
                case .end:
                    guard let head else { continue }
                    try await handler(head, body, ResponseWriter(channel: connection.channel))
                }
            }
        }
    }
}

/// Writes one response part by part; each write waits until the bytes are with the kernel.
struct ResponseWriter: Sendable {
    let channel: any Channel

    func head(_ head: HTTPResponseHead) async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head)).get()
    }

    func body(_ bytes: ArraySlice<UInt8>) async throws {
        let buffer = ByteBuffer(bytes: bytes)
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer))).get()
    }

    func end() async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }

    func close() async {
        try? await channel.close()
    }
}
