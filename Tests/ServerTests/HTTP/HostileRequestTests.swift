/// R73: requests that two servers could take for two different ones.
import NIOHTTP1
import Synchronization
import TestKit
import Testing

@testable import Server

@Suite("Hostile requests", .timeLimit(.minutes(5)))
struct HostileRequestTests {
    private static let hidden = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    /// What comes back for each request, behind which another is hidden.
    private func answers(to requests: [String]) async throws -> [[RawResponse]] {
        let answers = Mutex<[[RawResponse]]>([])
        try await withLarder({ _ in }) { larder, _ in
            for request in requests {
                let bytes = try await RawExchange.run(port: larder.port, request + Self.hidden)
                answers.withLock { $0.append(Array(RawResponses(bytes))) }
            }
        }
        return answers.withLock { $0 }
    }

    private static let ambiguousHeads = [
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n01234",
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n01234",
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /v2/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /v2/ HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\nHost: h\n\n",
        "GET /healthz HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nhOST: h\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nX: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET http://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n",
        "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]

    @Test("a head that can be read in two ways is refused, and what comes after it not looked at")
    func ambiguousHead() async throws {
        let answers = try await answers(to: Self.ambiguousHeads)
        for (request, responses) in zip(Self.ambiguousHeads, answers) {
            #expect(responses.map(\.status) == [400] || responses.isEmpty, "\(request)")
        }
    }

    @Test("a body that is framed wrongly ends the connection after one answer at most")
    func badChunks() async throws {
        let heads = ["GET /readyz", "POST /v2/", "POST /admin/v1/purge"]
        let bodies = [
            "x\r\n\r\n", "5\r\n0123456\r\n0\r\n\r\n", "-1\r\n\r\n", "5\n01234\n0\n\n",
            "fffffffffffffffff\r\n0", "5\r\n01234\r\n0\r\nX y\r\n\r\n",
        ]
        let requests = heads.flatMap { head in
            bodies.map {
                "\(head) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\($0)"
            }
        }
        for (request, responses) in zip(requests, try await answers(to: requests)) {
            #expect(responses.count <= 1, "\(request)")
            #expect(responses.allSatisfy { $0.body != Array("ok\n".utf8) }, "\(request)")
        }
    }

    @Test("a body that is framed well belongs to its request, and the next one is answered")
    func goodChunks() async throws {
        let answers = try await answers(to: [
            "POST /v2/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nGET /\r\n0\r\n\r\n"
        ])
        #expect(answers.map { $0.map(\.status) } == [[405, 200]])
    }

    @Test("a head that is too large is answered 431, and closes")
    func tooLarge() async throws {
        let fields = [
            "X: " + String(repeating: "a", count: 17 << 10) + "\r\n",
            (0..<200).map { "X-\($0): y\r\n" }.joined(),
            (0..<5).map { "X-\($0): " + String(repeating: "a", count: 15 << 10) + "\r\n" }
                .joined(),
        ]
        let answers = try await answers(
            to: fields.map { "GET /healthz HTTP/1.1\r\nHost: h\r\n\($0)\r\n" })
        #expect(answers.map { $0.map(\.status) } == [[431], [431], [431]])
    }

    @Test("a refusal comes after the answers to what was asked before")
    func inTurn() async throws {
        let answers = try await answers(to: [
            "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\nGET * HTTP/1.1\r\nHost: h\r\n\r\n"
        ])
        #expect(answers.map { $0.map(\.status) } == [[200, 400]])
    }
}
