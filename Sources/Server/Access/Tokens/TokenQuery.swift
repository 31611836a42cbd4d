/// What the token endpoint was asked, by GET or by POST.

import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Upstream

/// GET with Basic (distribution's token specification), or POST of a form (its OAuth2
/// specification, `grant_type=password`).
struct TokenQuery: Sendable {
    static let maximumScopes = 16
    private static let maximumFormBytes = 64 * 1024

    /// Nil for whoever comes anonymously.
    let credential: Credential?
    let service: String?
    let scopes: [TokenScope]

    /// - Throws: `RegistryError` of 400, 401 or 405.
    init(_ request: Request, _ target: RequestTarget) async throws {
        switch request.method {
        case .get, .head:
            try self.init(
                target.parameters,
                credential: Self.credential(request.headers[.authorization]))
        case .post:
            let form = try await Self.form(of: request)
            try self.init(form, credential: try Self.credential(in: form))
        default: throw RegistryError(.unsupported, "\(TokenEndpoint.path) takes GET and POST")
        }
    }

    private init(
        _ parameters: [(name: String, value: String)], credential: Credential?
    ) throws(RegistryError) {
        self.credential = credential
        service = parameters.first { $0.name == "service" }?.value
        let texts = parameters.filter { $0.name == "scope" }
            .flatMap { $0.value.split(separator: " ") }
        guard texts.count <= Self.maximumScopes else {
            throw RegistryError(
                .unsupported, "more than \(Self.maximumScopes) scopes", status: 400)
        }
        scopes = texts.compactMap { TokenScope($0) }
    }

    private static func credential(_ field: String?) throws(RegistryError) -> Credential? {
        switch PresentedCredential(field) {
        case .none: return nil
        case .basic(let credential): return credential
        case .bearer, .unusable:
            throw RegistryError(.unauthorized, "tokens are given for Basic, or for nothing")
        }
    }

    // MARK: POST

    private static func form(of request: Request) async throws -> [(name: String, value: String)] {
        do {
            let body = try await request.body.collect(upTo: maximumFormBytes)
            return PercentEncoding.items(in: String(buffer: body))
        } catch {
            throw RegistryError(
                .unsupported, "the form is longer than \(maximumFormBytes) bytes, or not complete",
                status: 400)
        }
    }

    /// Larder gives no refresh tokens, and so takes none.
    private static func credential(
        in form: [(name: String, value: String)]
    ) throws(RegistryError) -> Credential? {
        func value(_ name: String) -> String { form.first { $0.name == name }?.value ?? "" }
        guard value("grant_type") == "password" else {
            throw RegistryError(
                .unsupported, "unsupported_grant_type: Larder takes grant_type=password",
                status: 400)
        }
        let username = value("username")
        guard !username.isEmpty else { return nil }
        return Credential(username: username, password: Secret(value("password")))
    }
}
