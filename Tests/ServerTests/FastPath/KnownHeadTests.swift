/// Hits that no HTTP decoder sees: which bytes are taken for a request, and which are not.
import Foundation
import NIOCore
import NIOHTTP1
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Known heads", .enabled(if: TestLarder.fastPath))
struct KnownHeadTests {
    private let image = SyntheticImage(seed: 9, layerSizes: [8_000_000])
    private var path: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    private static func head(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: lab.local\r\n\(fields)\r\n"
    }

    // MARK: The table

    private static func parsed(_ target: String) -> HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target, headers: ["Host": "lab.local"])
    }

    @Test("the same bytes are found again, and no others")
    func table() {
        let heads = KnownHeads()
        let bytes = ByteBuffer(string: Self.head("/a"))
        #expect(heads.find(bytes) == nil)
        heads.add(bytes, Self.parsed("/a"))
        #expect(heads.find(bytes)?.request.key == HotKey(host: "lab.local", target: "/a"))
        for others in [
            Self.head("/b"), Self.head("/A"), Self.head("/a", "Range: bytes=0-1\r\n"),
            Self.head("/a") + "\r\n", String(Self.head("/a").dropLast()), "",
        ] {
            #expect(heads.find(ByteBuffer(string: others)) == nil, "\(others)")
        }
    }

    @Test("one head takes another's place: the table never grows")
    func bounded() {
        let heads = KnownHeads()
        let count = 4 * KnownHeads.places
        for number in 0..<count {
            heads.add(ByteBuffer(string: Self.head("/\(number)")), Self.parsed("/\(number)"))
        }
        let found = (0..<count).filter { number in
            let known = heads.find(ByteBuffer(string: Self.head("/\(number)")))
            #expect(known == nil || known?.request.key.target == "/\(number)")
            return known != nil
        }
        #expect(found.count <= KnownHeads.places && found.contains(count - 1))
    }

    @Test("bytes that may be more than one request are not kept")
    func several() {
        let head = Self.head("/a")
        for bytes in [
            head + head, head + Self.head("/b"), "\r\n" + head, head + "\r\n",
            head.replacing("\r\n", with: "\n") + head, head.replacing("\r\n", with: "\r") + head,
            String(head.dropLast(2)), "",
        ] {
            let heads = KnownHeads()
            heads.add(ByteBuffer(string: bytes), Self.parsed("/a"))
            #expect(heads.find(ByteBuffer(string: bytes)) == nil, "\(bytes.debugDescription)")
        }
    }

    @Test("a head that is too long, or that the fast path does not answer, is not kept")
    func refused() {
        let heads = KnownHeads()
        let long = ByteBuffer(
            string: Self.head("/a", "X: \(String(repeating: "x", count: 2048))\r\n"))
        heads.add(long, Self.parsed("/a"))
        #expect(heads.find(long) == nil)
        var upgrade = Self.parsed("/a")
        upgrade.headers.add(name: "Upgrade", value: "h2c")
        let bytes = ByteBuffer(string: Self.head("/a", "Upgrade: h2c\r\n"))
        heads.add(bytes, upgrade)
        #expect(heads.find(bytes) == nil)
    }

    // MARK: A connection

    /// A connection over which the manifest's head was answered until it was known.
    private func withKnownHead(
        _ body: @escaping @Sendable (TestLarder, KeptConnection, String) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image, tags: ["1"]) }
        ) { larder, _ in
            try await larder.pull(image, tag: "1")
            while !larder.services.pendingManifests.isEmpty { await shortPause() }
            let connection = KeptConnection(try RawClient(port: larder.port))
            let head = Self.head(path, "User-Agent: test\r\n").replacing(
                "Host: lab.local", with: "Host: 127.0.0.1:\(larder.port)")
            while larder.services.hotObjects.answeredUndecoded == 0 {
                try await connection.expect(image.manifest, to: head)
            }
            try await body(larder, connection, head)
        }
    }

    /// Answers that no decoder was needed for while `body` runs.
    private func undecoded(
        _ larder: TestLarder, _ body: () async throws -> Void
    ) async throws -> Int {
        let before = larder.services.hotObjects.answeredUndecoded
        try await body()
        return larder.services.hotObjects.answeredUndecoded - before
    }

    @Test("a head that is known is answered as before, on any connection of its event loop")
    func known() async throws {
        try await withKnownHead { larder, connection, head in
            let count = try await undecoded(larder) {
                for _ in 0..<3 {
                    try await connection.expect(image.manifest, to: head)
                }
            }
            #expect(count == 3)
        }
    }

    @Test("a head in two pieces goes to the decoder; the next one is answered without it again")
    func pieces() async throws {
        try await withKnownHead { larder, connection, head in
            let middle = head.index(head.startIndex, offsetBy: 30)
            let count = try await undecoded(larder) {
                try connection.client.send(String(head[..<middle]))
                try await Task.sleep(for: .milliseconds(50))
                try await connection.expect(image.manifest, to: String(head[middle...]))
            }
            #expect(count == 0)
            let next = try await undecoded(larder) {
                try await connection.expect(image.manifest, to: head)
            }
            #expect(next == 1)
        }
    }

    @Test("bytes of a known head that are another request's body are no request")
    func insideABody() async throws {
        try await withKnownHead { larder, connection, head in
            let count = try await undecoded(larder) {
                try connection.client.send(
                    "POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: \(head.utf8.count)\r\n\r\n"
                )
                try await Task.sleep(for: .milliseconds(50))
                let (status, _) = try await connection.response(to: head)
                #expect(status != "200")
            }
            #expect(count == 0)
        }
    }

    @Test("two known heads at once are two requests")
    func pipelined() async throws {
        try await withKnownHead { _, connection, head in
            try await connection.expect(image.manifest, to: head + head)
            try await connection.expect(image.manifest, to: "")
            try await connection.expect(image.manifest, to: head)
        }
    }

    @Test("what is pipelined behind a download is answered each time", .timeLimit(.minutes(1)))
    func behindADownload() async throws {
        try await withKnownHead { larder, connection, head in
            larder.expectRepeatedDownloads(of: image.layerDigests)
            let download = head.replacing(
                path, with: "/v2/lab.local/app/blobs/\(image.layerDigests[0])")
            for _ in 0..<5 {
                try connection.client.send(download + head)
                // More than the socket takes: the second is held by the time the first has ended.
                try await Task.sleep(for: .milliseconds(100))
                try await connection.expect(image.layers[0], to: "")
                try await connection.expect(image.manifest, to: "")
            }
        }
    }

    @Test("nothing is answered behind nonsense, or behind a request that ends the connection")
    func afterTheEnd() async throws {
        for last in ["nonsense\r\n\r\n", Self.head("/healthz", "Connection: close\r\n")] {
            try await withKnownHead { larder, connection, head in
                let count = try await undecoded(larder) {
                    try connection.client.send(last)
                    _ = try await connection.response(to: "")
                    try? connection.client.send(head)
                    let rest = try await connection.client.readToEnd()
                    #expect(rest.isEmpty)
                }
                #expect(count == 0)
            }
        }
    }

    @Test("what is purged is not answered to a known head")
    func purged() async throws {
        try await withKnownHead { larder, connection, head in
            _ = try await larder.admin(.POST, "/purge", #"{"target":"lab.local/app"}"#)
            let count = try await undecoded(larder) {
                try await connection.expect(image.manifest, to: head)
            }
            #expect(count == 0)
        }
    }
}

/// A connection whose answers are read one by one.
private final class KeptConnection: Sendable {
    let client: RawClient
    private let unread = Mutex<[UInt8]>([])

    init(_ client: RawClient) { self.client = client }

    func expect(_ body: [UInt8], to request: String) async throws {
        let response = try await response(to: request)
        #expect(response.status == "200" && response.body == body)
    }

    /// - Parameter request: what is sent before, if anything.
    func response(to request: String) async throws -> (status: String, body: [UInt8]) {
        if !request.isEmpty { try client.send(request) }
        while true {
            if let response = unread.withLock({ Self.take(from: &$0) }) { return response }
            let more = try await client.readSome()
            try #require(!more.isEmpty, "the connection ended")
            unread.withLock { $0 += more }
        }
    }

    private static func take(
        from bytes: inout [UInt8]
    ) -> (status: String, body: [UInt8])? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            .flatMap { Int($0.dropFirst(16)) }
        guard let length, bytes.count >= end.upperBound + length else { return nil }
        let body = Array(bytes[end.upperBound..<(end.upperBound + length)])
        bytes.removeSubrange(..<(end.upperBound + length))
        return (String(head.dropFirst(9).prefix(3)), body)
    }
}
