// Reads with a client's own right instead of Larder's: signing in, and what may be read then.
import NIOHTTP1
import OCI

/// What a guest's right is asked for by.
package enum GuestSubject: Sendable, Hashable {
    case manifest(Reference)
    case blob(Digest)
}

extension RegistryClient {
    /// Signs a client in with its own credential at the first endpoint that resolves: learns the
    /// challenge from `/v2/`, then gets a token to pull from all of `repositories`, or has a Basic
    /// credential checked. The realm is judged as for Larder's own credentials (R67, R68); nothing
    /// is remembered of what was given, and no cool-down of Larder's own is begun or waited for.
    ///
    /// - Parameters:
    ///   - credential: nil for anonymous.
    ///   - repositories: none to check the credential alone.
    /// - Throws: ``UpstreamError``: `.status(401)` or `.status(403)` where it is refused,
    ///   `.refusedRealm` where the realm must not see it.
    package func signIn(
        _ credential: Credential?, for repositories: [RepositoryName]
    ) async throws -> GuestGrant {
        let ping = RegistryRequest(ping: .GET)
        try requireOnline()
        _ = try await admit(ping)
        return try await activity.judging {
            try await anywhere(ping, among: authorities) { endpoint in
                try await signIn(credential, for: repositories, at: endpoint)
            }
        }
    }

    /// A client that asks with `grant` at the endpoint that gave it, and nowhere else. Shares all
    /// but Larder's own identities with this one; what is refused to it is refused: a 401 is
    /// `.status(401)`, a 429 begins no cool-down.
    package func acting(as grant: GuestGrant) -> RegistryClient {
        RegistryClient(self, guest: grant)
    }

    /// Has the registry itself say whether the guest may read it: by HEAD, of a blob also by its
    /// first byte, see ``headBlob(_:_:canHandOver:)``.
    ///
    /// - Throws: ``UpstreamError`` unless it is so, `.status(404)` where there is no such thing for
    ///   the guest.
    package func requireReadable(
        _ repository: RepositoryName, _ subject: GuestSubject
    ) async throws {
        switch subject {
        case .manifest(let reference):
            try await send(manifestRequest(.HEAD, repository, reference)) { response in
                try await require(response, [200])
                await response.body.discard()
            }
        case .blob(let digest): _ = try await headBlob(repository, digest)
        }
    }

    /// The endpoint whose word a guest's right is: no mirror's.
    var authorities: [Endpoint] { Array(endpoints.lazy.filter(\.resolves).prefix(1)) }

    /// - Returns: the final response, whatever its status but a 401 of the endpoint itself.
    func send(
        _ request: RegistryRequest, at endpoint: Endpoint, with grant: GuestGrant
    ) async throws -> TransportResponse {
        let origin = endpoint.url.origin
        guard grant.registry == origin.description else {
            throw error(.status(401), "the client is not signed in at \(origin)")
        }
        let response = try await follow(
            request, at: endpoint, authorization: grant.authorization)
        guard isUnauthorized(response, endpoint) else { return response }
        let offered = Challenge.preferred(in: response.headers["www-authenticate"])
        if let offered { endpoint.learn(offered) }
        await response.body.discard()
        throw error(.status(401), "\(origin) answered 401 to the client's own right")
    }

    private func signIn(
        _ credential: Credential?, for repositories: [RepositoryName], at endpoint: Endpoint
    ) async throws -> GuestGrant {
        let registry = endpoint.url.origin.description
        var grant = GuestGrant(
            proof: .none, lifetimeSeconds: GuestGrant.unboundedLifetimeSeconds,
            realm: endpoint.url.absoluteString, registry: registry)
        switch try await learnChallenge(at: endpoint) ?? endpoint.challenge {
        case nil: break
        case .basic:
            grant.proof = .basic(try await checked(credential, at: endpoint))
        case .bearer(let challenge):
            let request = try tokenRequest(
                answering: challenge, for: repositories, as: credential, at: endpoint)
            let realm = request.key.realm
            guard !request.withholdsCredential else {
                throw error(
                    .refusedRealm("not listed"),
                    "a client's credentials may not go to \(realm.origin) (see `realms`)")
            }
            let token = try await judgingTokens(of: endpoint) { try await fetchToken(request) }
            grant.proof = .bearer(token.value)
            grant.lifetimeSeconds = token.lifetime.components.seconds
            grant.realm = realm.absoluteString
        }
        return grant
    }

    private func checked(
        _ credential: Credential?, at endpoint: Endpoint
    ) async throws -> Credential {
        let origin = endpoint.url.origin
        guard let credential, !credential.isIdentityToken else {
            throw error(.status(401), "\(origin) asks for a user name and a password")
        }
        let response = try await follow(
            RegistryRequest(ping: .GET), at: endpoint, authorization: .basic(credential))
        try await require(response, [200])
        await response.body.discard()
        guard response.url.origin == origin else {
            throw error(.refusedRedirect("sign-in"), "\(origin) redirects who signs in")
        }
        return credential
    }
}
