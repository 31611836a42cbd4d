/// Requests to the statistics and the admin API of a Larder in the test process.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

@testable import CacheStore
@testable import Server

extension TestLarder {
    var adminToken: String {
        get throws {
            try String(contentsOfFile: store.directory.path + "/admin.token", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// An operation with the right token.
    func admin(
        _ method: HTTPMethod, _ path: String, _ body: String = ""
    ) async throws -> TestResponse {
        try await admin(method, path, body, token: adminToken)
    }

    func admin(
        _ method: HTTPMethod, _ path: String, _ body: String, token: String?
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: url + "/admin/v1" + path)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return TestResponse(
            status: Int(response.status.code), headers: response.headers,
            body: Array(bytes.readableBytesView))
    }

    /// What `/stats` answers, once everything counted so far is in the index.
    func statistics<Document: Decodable>(_ path: String) async throws -> Document {
        await store.flushAccounts()
        return try JSONDocument.decode(from: try await request(.GET, "/stats" + path).body)
    }
}

extension TestResponse {
    func document<Document: Decodable>() throws -> Document {
        try JSONDocument.decode(from: body)
    }

    /// The message and parameter of an error.
    var problem: ErrorDocument.Detail? {
        (try? JSONDocument.decode(ErrorDocument.self, from: body))?.error
    }
}
