/// What `/stats` and `/admin/v1` do not take, and how they say so.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Server

@Suite("Refusals")
struct RefusalTests {
    @Test(
        "a method that a path does not take is 405, with those that it takes",
        arguments: [
            (HTTPMethod.POST, "/stats", "GET, HEAD"), (.DELETE, "/stats/images/", "GET, HEAD"),
            (.PUT, "/metrics", "GET, HEAD"), (.POST, "/healthz", "GET, HEAD"),
            (.GET, "/admin/v1/purge", "POST"), (.HEAD, "/admin/v1/purge", "POST"),
            (.POST, "/admin/v1/pins", "DELETE, GET, HEAD, PUT"),
            (.OPTIONS, "/admin/v1/verify", "DELETE, GET, HEAD, POST"),
            (.PATCH, "/openapi.json", "GET, HEAD"),
        ])
    func methods(method: HTTPMethod, path: String, allowed: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.request(method, path)
            #expect(response.status == 405)
            #expect(response.headers.first(name: "Allow") == allowed)
            #expect((response.problem == nil) == (method == .HEAD))
        }
    }

    @Test(
        "what is not there is 404 and says so",
        arguments: [
            "/admin/v1", "/admin/v1/purges", "/admin/v1/purge/x", "/admin", "/stats/nothing",
            "/stats/images/1", "/stats/%69mages", "/nothing",
        ])
    func unknown(path: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            for method in [HTTPMethod.GET, .POST] {
                let response = try await larder.request(method, path)
                #expect(response.status == 404)
                #expect(response.problem?.message.contains("there is nothing at") == true)
            }
        }
    }

    @Test("HEAD is answered wherever GET is, without a body")
    func head() async throws {
        try await withLarder({ _ in }) { larder, _ in
            for path in ["/healthz", "/readyz", "/stats", "/metrics", "/openapi.json"] {
                let response = try await larder.request(.HEAD, path)
                #expect(response.status == 200)
                #expect(response.body.isEmpty)
                #expect(response.headers.first(name: "Content-Length") != "0")
            }
        }
    }

    @Test(
        "a body that is no JSON object of known fields is 400",
        arguments: [
            "[]", "7", "\"target\"", "null", "{", "{\"target\":\"a/b\"", "}", "x", "\u{0}",
            "{\"target\":\"a/b\"}\u{0}", "{\"target\":\"a/\\ud800\"}", "{\"target\":\"a/\\u0000\"}",
            #"{"target":"a/b","dry_run":true,"dry_run":false}"#, #"{"target":"a/b","dryRun":true}"#,
            #"{"target":"a/b","dry_run":1}"#, #"{"target":["a/b"]}"#, #"{"target":null}"#,
            "{\"target\":" + String(repeating: "[", count: 30_000),
        ])
    func bodies(body: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.send(Array(body.utf8))
            #expect(response.status == 400)
            #expect(response.problem != nil)
        }
    }

    @Test(
        "a number that is no whole one within bounds is 400 and named",
        arguments: ["1e300", "1.5", "9223372036854775808", "-1", "true", "\"1\"", "null"])
    func numbers(number: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.admin(.POST, "/evict", "{\"to_bytes\":\(number)}")
            #expect(response.status == 400)
            #expect(response.problem?.parameter == "to_bytes")
        }
    }

    @Test("a body that is not UTF-8 is 400")
    func encoding() async throws {
        try await withLarder({ _ in }) { larder, _ in
            let broken = Array("{\"target\":\"a/".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
            let toBroken = try await larder.send(broken)
            #expect(toBroken.status == 400)
            let wide = Array("{\"target\":\"a/b\"}".utf16).flatMap { [UInt8($0 & 0xff), 0] }
            let toWide = try await larder.send(wide)
            #expect(toWide.status == 400)
        }
    }

    @Test("a body of more than 64 KiB is 413, whether it says its length or not")
    func large() async throws {
        try await withLarder({ _ in }) { larder, _ in
            let body = Array("{\"target\":\"a/b\"}".utf8) + [UInt8](repeating: 0x20, count: 65_536)
            for isChunked in [false, true] {
                let response = try await larder.send(body, isChunked: isChunked)
                #expect(response.status == 413)
            }
        }
    }

    @Test(
        "a body that says that it is no JSON is 415",
        arguments: [
            ("application/json", 200), ("Application/JSON; charset=utf-8", 200), (nil, 200),
            ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("", 415),
            ("application/jsonx", 415), ("application/json, text/plain", 415),
        ] as [(String?, Int)])
    func types(type: String?, status: Int) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.send(Array(#"{"target":"a/b"}"#.utf8), type: type)
            #expect(response.status == status)
        }
    }
}

extension TestLarder {
    /// A purge with the right token and this body.
    fileprivate func send(
        _ body: [UInt8], type: String? = nil, isChunked: Bool = false
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: url + "/admin/v1/purge")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(try adminToken)")
        if let type { request.headers.add(name: "Content-Type", value: type) }
        let length = isChunked ? HTTPClientRequest.Body.Length.unknown : .known(Int64(body.count))
        request.body = .bytes(body, length: length)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return TestResponse(
            status: Int(response.status.code), headers: response.headers,
            body: Array(bytes.readableBytesView))
    }
}
