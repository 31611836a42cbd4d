// Signs in: learns the registry's challenge, and makes the Authorization that answers it.
import NIOHTTP1
import OCI

extension RegistryClient {
    /// What is sent to sign in, nil for nothing.
    func authorization(
        by challenge: Challenge?, for repository: RepositoryName?, at endpoint: Endpoint
    ) async throws -> Authorization? {
        switch challenge {
        case nil: return nil
        case .basic: return settings.credentials.first.map(Authorization.basic)
        case .bearer(let bearer):
            let request = try tokenRequest(
                answering: bearer, for: repository, at: endpoint)
            return .bearer(try await token(by: request, for: endpoint), request.key)
        }
    }

    /// An endpoint whose token server does not answer is no more use than one that does not.
    private func token(by request: TokenRequest, for endpoint: Endpoint) async throws -> Secret {
        do {
            return try await tokens.token(for: request.key) {
                try await self.fetchToken(request)
            }
        } catch let error as UpstreamError {
            if error.isBreakdown { endpoint.failed(error) }
            throw error
        }
    }

    func forget(_ authorization: Authorization) {
        guard case .bearer(let token, let key) = authorization else { return }
        tokens.invalidate(token, for: key)
    }

    /// The challenge of a 401, remembered for the requests to come. Where the 401 has none, as on
    /// gcr.io's resources, `/v2/` is asked.
    func challenge(
        in response: TransportResponse, of endpoint: Endpoint
    ) async throws -> Challenge? {
        let offered = Challenge.preferred(in: response.headers["www-authenticate"])
        await response.body.discard()
        guard let offered else { return try await learnChallenge(at: endpoint) }
        endpoint.learn(offered)
        return offered
    }

    /// Asks `/v2/` for its challenge and remembers it; nil where it answers without one.
    func learnChallenge(at endpoint: Endpoint) async throws -> Challenge? {
        let response = try await follow(
            RegistryRequest(ping: .GET), at: endpoint, authorization: nil)
        guard response.status == 401 || response.status == 200 else {
            throw await failure(response)
        }
        await response.body.discard()
        guard let offered = Challenge.preferred(in: response.headers["www-authenticate"]) else {
            return nil
        }
        endpoint.learn(offered)
        return offered
    }
}

/// What proves Larder's identity to a registry.
enum Authorization: Sendable, Equatable {
    case basic(Credential)
    case bearer(Secret, TokenKey)

    /// The header field's value: to be sent, never to be logged.
    var headerValue: String {
        switch self {
        case .basic(let credential): BasicCredentials.headerValue(credential)
        case .bearer(let token, _): "Bearer \(token.reveal())"
        }
    }
}
