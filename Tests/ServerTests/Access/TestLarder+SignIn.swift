/// Signing in to a Larder, as clients do.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

/// Somebody who asks, with a name and a password or without.
struct TestUser: Sendable {
    var name: String?
    var password = ""

    static let anonymous = TestUser()

    /// As the scripted token server knows it.
    var credential: String { name.map { "\($0):\(password)" } ?? "" }

    var basic: [(String, String)] {
        guard name != nil else { return [] }
        return [("Authorization", "Basic \(Data(credential.utf8).base64EncodedString())")]
    }
}

extension TestLarder {
    private struct Issued: Decodable {
        let token: String
        let expires_in: Int
    }

    /// Exchanges what somebody has for a token.
    func tokenResponse(
        for user: TestUser, _ scopes: [String], service: String? = nil,
        _ headers: [(String, String)] = []
    ) async throws -> TestResponse {
        var items = scopes.map { (name: "scope", value: "repository:\($0):pull") }
        if let service { items.append((name: "service", value: service)) }
        let query = PercentEncoding.query(items).map { "?\($0)" } ?? ""
        return try await request(.GET, "/v2/auth\(query)", user.basic + headers)
    }

    func token(
        for user: TestUser, _ scopes: [String], service: String? = nil
    ) async throws -> String {
        let response = try await tokenResponse(for: user, scopes, service: service)
        #expect(response.status == 200)
        return try JSONDecoder().decode(Issued.self, from: Data(response.body)).token
    }

    func post(_ path: String, form: String) async throws -> TestResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(Array(form.utf8))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 20)
        return TestResponse(
            status: Int(response.status.code), headers: response.headers,
            body: Array(body.readableBytesView))
    }

    /// Asks as a client does: is told to sign in, does so by the challenge, and asks again.
    func request(
        _ method: HTTPMethod = .GET, _ path: String, as user: TestUser,
        _ headers: [(String, String)] = []
    ) async throws -> TestResponse {
        let first = try await request(method, path, headers)
        guard first.status == 401, let challenge = first.challenge else { return first }
        let issued = try await request(.GET, challenge.tokenPath, user.basic + headers)
        guard issued.status == 200 else { return issued }
        let token = try JSONDecoder().decode(Issued.self, from: Data(issued.body)).token
        return try await request(method, path, headers + [("Authorization", "Bearer \(token)")])
    }
}

/// A Bearer challenge as a client reads it.
struct TestChallenge {
    let parameters: [String: String]

    /// Where the realm is, with what is asked of it.
    var tokenPath: String {
        let path = parameters["realm"].flatMap(URL.init(string:))?.path ?? ""
        let items = ["service", "scope"].compactMap { name in
            parameters[name].map { (name: name, value: $0) }
        }
        return path + (PercentEncoding.query(items).map { "?\($0)" } ?? "")
    }
}

extension TestResponse {
    /// Nil where it has none, or another than Bearer.
    var challenge: TestChallenge? {
        guard let field = headers.first(name: "www-authenticate"), field.hasPrefix("Bearer ")
        else { return nil }
        let pairs = field.dropFirst("Bearer ".count).split(separator: ",").compactMap { pair in
            let halves = pair.split(separator: "=", maxSplits: 1)
            let value = halves.last?.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            return halves.count == 2 ? (String(halves[0]), value ?? "") : nil
        }
        return TestChallenge(parameters: Dictionary(pairs) { first, _ in first })
    }

    /// The code of a registry's error.
    var errorCode: String? {
        struct Body: Decodable {
            struct Entry: Decodable { let code: String }
            let errors: [Entry]
        }
        return try? JSONDecoder().decode(Body.self, from: Data(body)).errors.first?.code
    }
}
