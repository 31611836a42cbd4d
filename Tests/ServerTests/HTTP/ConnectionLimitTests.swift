/// How many connections there may be, and for how long one may do nothing.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Connection limits", .timeLimit(.minutes(5)))
struct ConnectionLimitTests {
    private let ask = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
    private let askOnce = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    private func withConnections(
        _ change: @escaping (inout ConnectionSettings) -> Void,
        _ body: @escaping @Sendable (TestLarder, Connections) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            try await TestLarder.with(registry, change: { change(&$0.connections) }) {
                try await body($0, $0.services.connections)
            }
        }
    }

    /// A Larder with a blob in its registry.
    private func withBlob(
        _ blob: [UInt8], _ change: @escaping (inout ConnectionSettings) -> Void,
        _ body:
            @escaping @Sendable (TestLarder, ScriptedRegistry, _ path: String) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", blob: blob) },
            change: { change(&$0.connections) }
        ) { try await body($0, $1, "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))") }
    }

    @Test("R43: one too many is told 503 with its request, and the next is served when one goes")
    func tooMany() async throws {
        try await withConnections({ $0.maximum = .count(2) }) { larder, connections in
            var clients = try (0..<2).map { _ in try RawClient(port: larder.port) }
            for client in clients {
                try client.send(ask)
                #expect(try await client.readSome().starts(with: Array("HTTP/1.1 200".utf8)))
            }
            let bytes = try await RawExchange.run(port: larder.port, ask)
            var responses = RawResponses(bytes)
            let answer = responses.next()
            let refusal = try #require(answer)
            #expect(refusal.status == 503 && refusal.head.contains("\r\nRetry-After: 1"))
            #expect(responses.rest.isEmpty)
            #expect(connections.snapshot.refused == 1 && connections.snapshot.open == 2)
            clients.removeLast()
            while connections.snapshot.open > 1 { await shortPause() }
            #expect(
                try await RawExchange.run(port: larder.port, askOnce)
                    .starts(with: Array("HTTP/1.1 200".utf8)))
            withExtendedLifetime(clients) {}
        }
    }

    @Test("a reload changes how many there may be")
    func reloaded() async throws {
        try await withConnections({ $0.maximum = .count(1) }) { larder, connections in
            let client = try RawClient(port: larder.port)
            while connections.snapshot.open < 1 { await shortPause() }
            var configuration = larder.services.configuration
            configuration.connections.maximum = .automatic
            larder.services.apply(configuration)
            #expect(connections.snapshot.maximum == DescriptorLimit.current / 2)
            #expect(
                try await RawExchange.run(port: larder.port, askOnce)
                    .starts(with: Array("HTTP/1.1 200".utf8)))
            withExtendedLifetime(client) {}
        }
    }

    @Test(
        "R47: what does not send its head in time is closed without an answer",
        arguments: ["", "GET /healthz HTTP/1.1\r\nHost: h\r\nX-"])
    func slowHead(begin: String) async throws {
        try await withConnections({ $0.headerTimeout = .seconds(1) }) {
            larder, connections in
            let client = try RawClient(port: larder.port)
            try client.send(begin)
            #expect(try await client.readToEnd().isEmpty)
            #expect(connections.snapshot.cut == [.slowRequest: 1])
        }
    }

    @Test("R47: a head that drips is closed all the same, a second one of a connection too")
    func drip() async throws {
        try await withConnections({ $0.headerTimeout = .seconds(1) }) {
            larder, connections in
            let client = try RawClient(port: larder.port)
            try client.send(ask)
            #expect(!(try await client.readSome()).isEmpty)
            try client.send("GET /healthz HTTP/1.1\r\nX: ")
            while connections.snapshot.cut.isEmpty {
                try? client.send("a")
                await shortPause()
            }
            #expect(connections.snapshot.cut == [.slowRequest: 1])
        }
    }

    @Test("a body that does not come, and a connection without a request, end at the idle time-out")
    func idle() async throws {
        try await withConnections({ $0.idleTimeout = .seconds(1) }) { larder, connections in
            let client = try RawClient(port: larder.port)
            try client.send(ask)
            let answer = try await client.readToEnd()
            #expect(answer.starts(with: Array("HTTP/1.1 200".utf8)))
            #expect(connections.snapshot.cut == [.idle: 1])
            _ = try await RawExchange.run(
                port: larder.port, "POST /v2/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1")
            #expect(connections.snapshot.cut == [.idle: 1, .slowRequest: 1])
        }
    }

    @Test("a download is not idle, however long its registry takes")
    func download() async throws {
        let blob = SeededBytes.make(count: 1_000_000, seed: 5)
        try await withBlob(
            blob, { ($0.idleTimeout, $0.headerTimeout) = (.seconds(2), .seconds(2)) }
        ) { larder, registry, path in
            registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"))
            let response = try await larder.start(.GET, path)
            // One that waits beside it is cut meanwhile.
            let beside = try RawClient(port: larder.port)
            #expect(try await beside.readToEnd().isEmpty)
            registry.release("stall")
            let body = try await response.body.collect(upTo: 1 << 30)
            #expect(Array(body.readableBytesView) == blob)
        }
    }

    @Test("R47: a client that takes nothing is cut, and holds nobody up meanwhile")
    func stillReader() async throws {
        let blob = SeededBytes.make(count: 20_000_000, seed: 6)
        try await withBlob(blob, { $0.writeTimeout = .seconds(5) }) { larder, _, path in
            let client = try StillClient(port: larder.port, get: path)
            try await client.waitForFirstByte()
            #expect(try await larder.request(.GET, path).body == blob)
            // The other client's connection may live on, kept for another request.
            while larder.services.connections.snapshot.open > 1 { await shortPause() }
            let rest = try? await client.readBody()
            #expect((rest?.count ?? 0) < blob.count)
        }
    }

    @Test("connections are counted for Prometheus")
    func metrics() async throws {
        try await withConnections({ $0.maximum = .count(7) }) { larder, _ in
            let client = try RawClient(port: larder.port)
            while larder.services.connections.snapshot.open < 1 { await shortPause() }
            let scrape = try await larder.scrape()
            #expect(scrape["larder_connections"] == 2)
            #expect(scrape["larder_connections_max"] == 7)
            #expect(scrape["larder_connections_refused_total"] == 0)
            #expect(scrape["larder_connections_timed_out_total{reason=\"idle\"}"] == 0)
            withExtendedLifetime(client) {}
        }
    }
}
