// Signs in: learns the registry's challenge, and makes the Authorization that answers it.
import NIOHTTP1
import OCI

extension RegistryClient {
    /// What is sent to sign in, nil for nothing.
    func authorization(
        by challenge: Challenge?, for request: RegistryRequest, as identity: Int,
        at endpoint: Endpoint
    ) async throws -> Authorization? {
        guard let challenge else { return nil }
        let credential = try await credential(of: identity, at: endpoint)
        switch challenge {
        case .basic:
            if let credential, credential.isIdentityToken {
                throw error(
                    .noCredentials,
                    "\(endpoint.url.origin) asks for a password, and there is an identity token")
            }
            return credential.map(Authorization.basic)
        case .bearer(let bearer):
            do {
                return try await token(bearer, for: request.repository, credential, at: endpoint)
            } catch let refusal as UpstreamError
                where refusal.kind == .status(401) && identities.isRenewable(identity)
            {
                guard let credential else { throw refusal }
                identities.refused(credential, at: endpoint.url.origin)
                let renewed = try await self.credential(of: identity, at: endpoint)
                guard renewed != credential else { throw refusal }
                return try await token(bearer, for: request.repository, renewed, at: endpoint)
            }
        }
    }

    private func token(
        _ challenge: BearerChallenge, for repository: RepositoryName?, _ credential: Credential?,
        at endpoint: Endpoint
    ) async throws -> Authorization {
        let request = try tokenRequest(
            answering: challenge, for: repository.map { [$0] } ?? [], as: credential, at: endpoint)
        return try await judgingTokens(of: endpoint) {
            let token = try await tokens.token(for: request.key) {
                try await self.fetchToken(request)
            }
            return .bearer(token, request.key)
        }
    }

    /// An endpoint whose token server does not answer is no more use than one that does not.
    func judgingTokens<Result>(
        of endpoint: Endpoint, _ fetch: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await fetch()
        } catch let error as UpstreamError {
            if error.isBreakdown { endpoint.failed(error) }
            throw error
        }
    }

    private func credential(of identity: Int, at endpoint: Endpoint) async throws -> Credential? {
        do {
            return try await identities.credential(of: identity, at: endpoint.url.origin)
        } catch let failure as CredentialFailure {
            throw error(.noCredentials, "\(identities.label(of: identity)) \(failure.reason)")
        }
    }

    /// The endpoint refused what was sent: the next authorization is a new one where it can be.
    func forget(_ authorization: Authorization, at endpoint: Endpoint) {
        switch authorization {
        case .basic(let credential): identities.refused(credential, at: endpoint.url.origin)
        case .bearer(let token, let key): if let key { tokens.invalidate(token, for: key) }
        }
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

/// What proves Larder's identity, or a guest's, to a registry.
enum Authorization: Sendable, Equatable {
    case basic(Credential)
    /// With its key in the cache; a guest's is in none.
    case bearer(Secret, TokenKey?)

    /// The header field's value: to be sent, never to be logged.
    var headerValue: String {
        switch self {
        case .basic(let credential): BasicCredentials.headerValue(credential)
        case .bearer(let token, _): "Bearer \(token.reveal())"
        }
    }
}
