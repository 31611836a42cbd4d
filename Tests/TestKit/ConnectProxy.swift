// An HTTP proxy for tests that knows CONNECT alone, maybe by Basic credentials.
import Foundation
import NIOCore
import NIOPosix
import Synchronization

package final class ConnectProxy: Sendable {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    package let port: Int
    /// `user:password` that is asked for; nil for none.
    private let credential: String?
    private let listener: NIOAsyncChannel<Connection, Never>
    private let asked = Mutex<[String]>([])
    private let refusals = Mutex(0)

    private init(_ listener: NIOAsyncChannel<Connection, Never>, credential: String?) {
        self.listener = listener
        self.credential = credential
        port = listener.channel.localAddress?.port ?? 0
    }

    /// What was connected to, as `host:port`.
    package var targets: [String] { asked.withLock { $0 } }

    /// How many were sent away with 407.
    package var refusalCount: Int { refusals.withLock { $0 } }

    /// Runs `body` with a proxy on a free port of 127.0.0.1.
    package static func with<Result>(
        credential: String? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (ConnectProxy) async throws -> Result
    ) async throws -> Result {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let proxy = ConnectProxy(listener, credential: credential)
        let serving = Task { await proxy.run() }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(proxy))
        } catch {
            outcome = .failure(error)
        }
        serving.cancel()
        try? await listener.channel.close()
        await serving.value
        return try outcome.get()
    }

    private func run() async {
        try? await listener.executeThenClose { connections in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
                        group.addTask { try? await self.serve(connection) }
                    }
                } catch {
                    group.cancelAll()
                }
                group.cancelAll()
            }
        }
    }

    private func serve(_ client: Connection) async throws {
        try await client.executeThenClose { inbound, outbound in
            var bytes = inbound.makeAsyncIterator()
            var head = ""
            while !head.hasSuffix("\r\n\r\n") {
                guard let part = try await bytes.next() else { return }
                head += String(buffer: part)
            }
            guard let target = admitted(head) else {
                refusals.withLock { $0 += 1 }
                let refusal =
                    "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
                return try await outbound.write(ByteBuffer(string: refusal))
            }
            asked.withLock { $0.append("\(target.host):\(target.port)") }
            let server = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: target.host, port: target.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Connection(wrappingChannelSynchronously: channel)
                    }
                }
            try await server.executeThenClose { answers, requests in
                try await outbound.write(ByteBuffer(string: "HTTP/1.1 200 Connected\r\n\r\n"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await part in answers { try await outbound.write(part) }
                        outbound.finish()
                    }
                    while let part = try await bytes.next() { try await requests.write(part) }
                    group.cancelAll()
                }
            }
        }
    }

    /// Where a request wants to; nil where it is not signed in or no CONNECT.
    private func admitted(_ head: String) -> (host: String, port: Int)? {
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3, words[0] == "CONNECT", let colon = words[1].lastIndex(of: ":"),
            let port = Int(words[1][words[1].index(after: colon)...])
        else { return nil }
        if let credential {
            let expected = "basic " + Data(credential.utf8).base64EncodedString()
            let fields = lines.filter { $0.lowercased().hasPrefix("proxy-authorization:") }
            let value = fields.first.map {
                $0.dropFirst("proxy-authorization:".count).drop { $0 == " " }
            }
            guard let value, value.lowercased() == expected.lowercased() else { return nil }
        }
        return (String(words[1][..<colon]), port)
    }
}
