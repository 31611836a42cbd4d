// The body of a response as chunks, with time-outs, and read whole up to a cap.
import NIOCore

/// A body can be read once, by one reader. Dropping it unread closes the connection.
final class ResponseBody: Sendable {
    private let exchange: Exchange

    init(exchange: Exchange) {
        self.exchange = exchange
    }

    deinit {
        exchange.abandon()
    }

    func next() async throws -> ByteBuffer? {
        try await exchange.read()
    }

    /// The whole body, nil where it is longer than `limit` bytes; it must end within `duration`.
    func collect(upTo limit: Int, within duration: Duration) async throws -> [UInt8]? {
        exchange.limitBody(to: duration)
        var bytes: [UInt8] = []
        while let chunk = try await next() {
            guard bytes.count + chunk.readableBytes <= limit else { return nil }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    /// Reads a short body to its end, so that the connection can be used again; a long, slow or
    /// broken one is cut.
    func discard() async {
        _ = try? await collect(upTo: 16 * 1024, within: .seconds(2))
        exchange.abandon()
    }
}
