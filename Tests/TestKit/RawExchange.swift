// Bytes to a port of 127.0.0.1 and all that comes back, with nothing in between.
import NIOPosix

package enum RawExchange {
    /// Sends `request`, and reads until the server closes.
    ///
    /// - Parameter endsInput: whether the sending half is closed behind the request.
    package static func run(
        port: Int, _ request: String, endsInput: Bool = false
    ) async throws -> [UInt8] {
        let client = try await BlockingThreads.pool.runIfActive {
            let client = try RawClient(port: port)
            try client.send(request)
            return client
        }
        if endsInput { client.endInput() }
        return try await client.readToEnd()
    }
}
