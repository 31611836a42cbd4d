/// Operations at an address of their own: the limits of the main port, none of its clients.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("admin.listen", .timeLimit(.minutes(2)))
struct AdminListenerTests {
    private let ask = "GET /stats HTTP/1.1\r\nHost: h\r\n\r\n"

    private func withAdminPort(
        _ change: @escaping (inout ConnectionSettings) -> Void,
        _ body: @escaping @Sendable (TestLarder, _ port: Int) async throws -> Void
    ) async throws {
        try await withLarder(
            { _ in },
            change: {
                $0.admin.listen = .tcp(ListenAddress(host: "127.0.0.1", port: 0))
                change(&$0.connections)
            }
        ) { larder, _ in try await body(larder, try #require(larder.adminPort)) }
    }

    /// The status of `GET /admin/v1/pins` with the token.
    private func pins(
        _ larder: TestLarder, at base: String, tls: TLSConfiguration? = nil
    ) async throws -> Int {
        var request = HTTPClientRequest(url: base + "/admin/v1/pins")
        request.headers.add(name: "Host", value: "h")
        request.headers.add(name: "Authorization", value: "Bearer \(try larder.adminToken)")
        request.tlsConfiguration = tls
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        _ = try await response.body.collect(upTo: 1 << 20)
        return Int(response.status.code)
    }

    @Test("as a socket it has the operations, and the main port has none")
    func socket() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let socket = directory.file("admin.sock")
        let base = "http+unix://\(PercentEncoding.encode(socket))"
        try await withLarder({ _ in }, change: { $0.admin.listen = .unix(path: socket) }) {
            larder, _ in
            let atMainPort = try await larder.admin(.GET, "/pins")
            #expect(atMainPort.status == 404)
            let atSocket = try await pins(larder, at: base)
            #expect(atSocket == 200)
        }
    }

    @Test("R47: a head that does not come, and a connection without a request, are closed")
    func timeouts() async throws {
        try await withAdminPort({ ($0.headerTimeout, $0.idleTimeout) = (.seconds(1), .seconds(1)) })
        {
            larder, port in
            let slow = try RawClient(port: port)
            try slow.send("GET /stats HTTP/1.1\r\nX-")
            #expect(try await slow.readToEnd().isEmpty)
            let idle = try RawClient(port: port)
            try idle.send(ask)
            #expect(try await idle.readToEnd().starts(with: Array("HTTP/1.1 200".utf8)))
            let snapshot = larder.services.operatorConnections.snapshot
            #expect(snapshot.cut == [.slowRequest: 1, .idle: 1])
            #expect(larder.services.connections.snapshot.cut.isEmpty)
        }
    }

    @Test("R48: one too many is told 503, and takes no place of the main port's clients")
    func tooMany() async throws {
        try await withAdminPort({ $0.maximum = .count(2) }) { larder, port in
            let clients = try (0..<2).map { _ in try RawClient(port: port) }
            for client in clients {
                try client.send(ask)
                #expect(try await client.readSome().starts(with: Array("HTTP/1.1 200".utf8)))
            }
            let refused = try await RawExchange.run(port: port, ask)
            #expect(refused.starts(with: Array("HTTP/1.1 503".utf8)))
            #expect(try await larder.request(.GET, "/healthz").status == 200)
            withExtendedLifetime(clients) {}
        }
    }

    @Test("there are few operators, however many clients there may be")
    func ceiling() {
        let connections = Connections(ConnectionSettings(), atMost: 64)
        #expect(connections.snapshot.maximum == min(64, DescriptorLimit.current / 2))
        connections.apply(ConnectionSettings(maximum: .count(10_000)))
        #expect(connections.snapshot.maximum == 64)
        connections.apply(ConnectionSettings(maximum: .count(3)))
        #expect(connections.snapshot.maximum == 3)
    }

    @Test(
        "where others can reach it, it speaks TLS as the main port does", arguments: [true, false])
    func tls(isLocal: Bool) async throws {
        try await TLSFixture.withLarder(change: {
            let host = isLocal ? "127.0.0.1" : "0.0.0.0"
            $0.admin.listen = .tcp(ListenAddress(host: host, port: 0))
        }) { larder, _, _ in
            let address = "127.0.0.1:\(try #require(larder.adminPort))"
            let (good, bad) = isLocal ? ("http", "https") : ("https", "http")
            #expect(try await pins(larder, at: "\(good)://\(address)", tls: larder.tls) == 200)
            await #expect(throws: (any Error).self) {
                _ = try await pins(larder, at: "\(bad)://\(address)", tls: larder.tls)
            }
        }
    }
}
