/// Requests to a running server: one at a time, each to its end.

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Upstream

struct ServerClient: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// The most that an answer may hold.
    private static let maximumBytes = 64 << 20

    let address: ServerAddress
    let credential: AdminCredential
    private let http: HTTPClient

    /// Runs `body` with a client that is shut down afterwards. It follows no redirect, so the
    /// token goes to no other server.
    static func with<Value: Sendable>(
        _ address: ServerAddress, _ credential: AdminCredential, _ trust: ServerTrust = .system,
        _ body: (ServerClient) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10)))
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = try trust.tlsConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let client = ServerClient(address: address, credential: credential, http: http)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(client))
        } catch {
            outcome = .failure(error)
        }
        try? await http.shutdown()
        return try outcome.get()
    }

    /// The body of a successful answer.
    ///
    /// - Parameter deadline: by when it must be there; nil for work that takes what it takes.
    /// - Throws: `CommandFailure`, `CancellationError`.
    func send(
        _ method: Method, _ path: String, query: String? = nil, body: [UInt8]? = nil,
        within deadline: TimeAmount? = nil
    ) async throws -> [UInt8] {
        let request = request(method, path, query, body)
        let response: HTTPClientResponse
        let bytes: [UInt8]
        do {
            let end = deadline.map { NIODeadline.now() + $0 } ?? .distantFuture
            response = try await http.execute(request, deadline: end)
            bytes = Array(
                try await response.body.collect(upTo: Self.maximumBytes).readableBytesView)
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw CommandFailure(connecting: error, to: address)
        }
        guard (200..<300).contains(response.status.code) else {
            throw CommandFailure(
                status: Int(response.status.code), bytes, from: address, credential)
        }
        return bytes
    }

    private func request(
        _ method: Method, _ path: String, _ query: String?, _ body: [UInt8]?
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.url(path, query: query))
        request.method = HTTPMethod(rawValue: method.rawValue)
        // Of a socket the client has no host, and HTTP/1.1 asks for one.
        if case .unix = address { request.headers.add(name: "host", value: "localhost") }
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "larder/\(Version.current)")
        if let token = credential.token {
            request.headers.add(name: "authorization", value: "Bearer \(token.reveal())")
        }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }
}
