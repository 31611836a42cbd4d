// Asks a realm for a token (distribution's token specification), under the realm policy.
import NIOCore
import NIOHTTP1
import OCI

/// A judged token request: `key.credential` is set only where the realm may see it.
struct TokenRequest: Sendable {
    var key: TokenKey
    /// Credentials are configured, but the realm is not one they may go to.
    var withholdsCredential: Bool

    /// Longest answer read (R45).
    static let maximumBytes = 1024 * 1024

    /// What is posted to exchange an identity token (distribution, "Docker Registry v2
    /// authentication using OAuth2"); nil where the realm is asked by GET.
    var form: String? {
        guard let credential = key.credential, credential.isIdentityToken else { return nil }
        var items = [
            ("grant_type", "refresh_token"), ("client_id", "larder"),
            ("refresh_token", credential.password.reveal()),
        ]
        if let service = key.service { items.append(("service", service)) }
        if !key.scopes.isEmpty { items.append(("scope", key.scopes.joined(separator: " "))) }
        return PercentEncoding.query(items.map { (name: $0.0, value: $0.1) })
    }

    /// The realm with `service` and `scope` behind its own query, where they are not posted.
    var url: EndpointURL {
        guard form == nil else { return key.realm }
        let service = key.service.map { [("service", $0)] } ?? []
        let items = service + key.scopes.map { ("scope", $0) }
        let added = PercentEncoding.query(items.map { (name: $0.0, value: $0.1) })
        let query = [key.realm.query, added].compactMap { $0 }.filter { !$0.isEmpty }
        return EndpointURL(
            origin: key.realm.origin, path: key.realm.path,
            query: query.isEmpty ? nil : query.joined(separator: "&"))
    }
}

extension RegistryClient {
    /// - Throws: ``UpstreamError/Kind/refusedRealm(_:)`` where the realm may not even be asked.
    func tokenRequest(
        answering challenge: BearerChallenge, for repositories: [RepositoryName],
        as identity: Credential?, at endpoint: Endpoint
    ) throws(UpstreamError) -> TokenRequest {
        guard let realm = EndpointURL(challenge.realm) else {
            throw error(.refusedRealm("no URL"), "the token realm is no http or https URL")
        }
        let decision = RealmPolicy.decide(
            realm: realm, registry: endpoint.url, listed: settings.realms,
            allowHTTP: settings.allowHTTP)
        if case .refused(let reason) = decision {
            throw error(.refusedRealm(reason), "token realm \(realm.origin) refused: \(reason)")
        }
        let credential = decision == .trusted ? identity : nil
        let key = TokenKey(
            upstream: settings.name, registry: endpoint.url.origin, realm: realm,
            service: challenge.service, scopes: Self.scopes(challenge, repositories),
            credential: credential)
        return TokenRequest(
            key: key, withholdsCredential: credential == nil && identity != nil)
    }

    /// The repositories' pull scopes; a scope of the challenge is added only where it names no
    /// repository, such as public.ecr.aws's `aws`, so that a registry cannot widen the token.
    private static func scopes(
        _ challenge: BearerChallenge, _ repositories: [RepositoryName]
    ) -> [String] {
        let own = repositories.map { "repository:\($0):pull" }
        guard let offered = challenge.scope, !offered.isEmpty, !offered.contains(":") else {
            return own
        }
        return own + [offered]
    }

    func fetchToken(_ request: TokenRequest) async throws -> Token {
        let host = request.key.realm.origin
        do {
            let response = try await counted(transportRequest(request))
            guard response.status == 200 else { throw await refusal(of: request, response) }
            let limit = TokenRequest.maximumBytes
            let timeout = settings.timeouts.token
            guard let body = try await response.body.collect(upTo: limit, within: timeout) else {
                throw error(.tooLarge(limitBytes: limit), "\(host) sent an endless token")
            }
            guard let token = TokenResponse.parse(body) else {
                throw error(.malformed, "\(host) sent no usable token")
            }
            return token
        } catch is ExchangeTimeout {
            throw error(.timedOut(.token), "\(host) gave no token in time")
        } catch {
            throw UpstreamError.beforeHead(error, upstream: settings.name, url: request.url)
        }
    }

    private func transportRequest(_ request: TokenRequest) -> TransportRequest {
        var headers = HTTPHeaders([("accept", "application/json")])
        let form = request.form
        if form != nil {
            headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        } else if let credential = request.key.credential {
            headers.add(name: "authorization", value: BasicCredentials.headerValue(credential))
        }
        let end = NIODeadline.now() + TimeAmount(settings.timeouts.token)
        var sent = transportRequest(
            form == nil ? .GET : .POST, request.url, headers, total: .init(at: end, phase: .token))
        sent.body = form
        return sent
    }

    /// A token server's 404 must not look like an absent image, nor a redirect be followed (R68).
    private func refusal(
        of request: TokenRequest, _ response: TransportResponse
    ) async -> UpstreamError {
        await response.body.discard()
        let host = request.key.realm.origin
        switch response.status {
        case 300..<400:
            return error(.refusedRedirect("token request"), "token server \(host) redirects")
        case 401, 403:
            guard request.withholdsCredential else { break }
            return error(
                .refusedRealm("not listed"),
                "\(host) gives no anonymous token, and credentials may not go there (see `realms`)")
        case 429, 500...: break
        default:
            return error(.malformed, "token server \(host) answered \(response.status)")
        }
        return refusal(status: response.status, headers: response.headers, from: host)
    }
}
