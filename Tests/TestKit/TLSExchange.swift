// Bytes to a port of 127.0.0.1 over TLS and all that comes back.
import NIOCore
import NIOPosix
import NIOSSL

package enum TLSExchange {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Sends `request`, and reads until the server closes.
    ///
    /// - Parameter tls: what the client trusts and is.
    package static func run(
        port: Int, _ request: String, tls: TLSConfiguration = .trustingTests()
    ) async throws -> [UInt8] {
        let context = try NIOSSLContext(configuration: tls)
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var bytes: [UInt8] = []
            do {
                for try await part in inbound { bytes += part.readableBytesView }
            } catch is NIOSSLError where !bytes.isEmpty {
                // The server closed without waiting for the client's part in it.
            }
            return bytes
        }
    }
}
