/// From what a client asks for to what a token of Larder's holds.

import CacheStore
import Glibc
import OCI
import Upstream

struct TokenIssuer: Sendable {
    /// How long a token lasts in which no upstream's has a say; in seconds.
    private static let lifetime: Int64 = 900
    /// What an upstream's token must still be good for when Larder's ends, in seconds.
    private static let margin: Int64 = 10

    let services: PullServices
    let table: RegistryTable
    let requester: Requester
    let query: TokenQuery

    private var signIn: SignIn { services.signIn }

    /// - Throws: `RegistryError` of 401, 403, 429 or 503.
    func token() async throws -> AccessToken {
        if query.credential != nil { try signIn.requirePatience(of: requester.key) }
        let wanted = wanted
        var user: String?
        var grants: [AccessToken.Grant] = []
        if wanted.isEmpty {
            (user, grants) = try await login()
        } else {
            for (upstream, repositories) in wanted.sorted(by: { $0.key < $1.key }) {
                guard let registry = table.named(upstream) else { continue }
                switch registry.access {
                case .open: user = try await self.user(isRequired: true)
                case .passthrough:
                    grants.append(try await grant(repositories, at: registry))
                }
            }
        }
        return token(of: user, grants)
    }

    /// The repositories that the scopes are about, by upstream; what leads to none is left out.
    private var wanted: [String: [RepositoryName]] {
        var wanted: [String: [RepositoryName]] = [:]
        for scope in query.scopes {
            guard let target = try? table.target(for: address(of: scope)) else { continue }
            wanted[target.registry.name, default: []].append(target.key.repository)
        }
        return wanted
    }

    /// Where the service is an upstream, its names are meant; else those of paths at this host.
    private func address(of scope: TokenScope) -> Address {
        guard let service, table.named(service) != nil else {
            return Address(host: requester.host, name: scope.repository)
        }
        return Address(prefix: service, name: scope.repository)
    }

    private var service: String? { query.service.flatMap { RegistryRoute.isHost($0) ? $0 : nil } }

    private func token(of user: String?, _ grants: [AccessToken.Grant]) -> AccessToken {
        let lifetime =
            grants.compactMap { $0.proof.map { $0.lifetimeSeconds - Self.margin } }.min()
            ?? Self.lifetime
        let limits = AccessToken.lifetimes
        return AccessToken(
            end: Int64(time(nil)) + min(max(lifetime, limits.lowerBound), limits.upperBound),
            user: user,
            entry: user.flatMap(signIn.users.entry(of:)).map(signIn.sealer.fingerprint(of:)),
            grants: grants)
    }

    // MARK: Larder's own users

    /// - Parameter isRequired: whether the credential can only be meant for Larder itself.
    /// - Returns: nil for anonymous, and where Larder has no users: then it does not look.
    private func user(isRequired: Bool) async throws -> String? {
        guard signIn.users.isConfigured else { return nil }
        guard let credential = query.credential else {
            guard services.configuration.auth.allowsAnonymous else { throw refused("sign in") }
            return nil
        }
        if try await signIn.verify(credential, from: requester.key) { return credential.username }
        guard isRequired else { return nil }
        throw refused("the user name or the password is wrong")
    }

    private func refused(_ reason: String) -> RegistryError {
        services.audit.refused(requester, "token", .signIn(reason))
        return RegistryError(.unauthorized, reason)
    }

    // MARK: A login: no scope

    /// Whose password it is decides the host, or the service, at which it is given.
    private func login() async throws -> (user: String?, grants: [AccessToken.Grant]) {
        if let registry = passthroughForLogin {
            return (nil, [try await grant([], at: registry)])
        }
        return (try await user(isRequired: true), [])
    }

    private var passthroughForLogin: Registry? {
        let here = Address(host: requester.host, prefix: service.flatMap { table.named($0)?.name })
        if let registry = try? table.registry(for: here), registry.access == .passthrough {
            return registry
        }
        guard !signIn.users.isConfigured else { return nil }
        let candidates = table.reachable(at: here).filter { $0.access == .passthrough }
        return candidates.count == 1 ? candidates[0] : nil
    }

    // MARK: Passthrough upstreams

    private func grant(
        _ repositories: [RepositoryName], at registry: Registry
    ) async throws -> AccessToken.Grant {
        let identity = signIn.sealer.identity(of: query.credential, at: registry.name)
        let proof: GuestGrant?
        do {
            proof = try await registry.client.signIn(query.credential, for: repositories)
        } catch let error as UpstreamError {
            try tolerate(error, identity, registry)
            proof = nil
        }
        return AccessToken.Grant(
            upstream: registry.name, repositories: repositories.map(\.description),
            identity: identity, proof: proof)
    }

    /// Returns where the upstream cannot say, and has let this identity in not long ago.
    private func tolerate(
        _ error: UpstreamError, _ identity: ReaderIdentity, _ registry: Registry
    ) throws {
        if error.isRefusal {
            if query.credential != nil { signIn.failures.add(requester.key) }
            services.audit.refused(
                requester, "token", .signIn("\(registry.name) refused the credential"))
            throw RegistryError(
                error.kind == .status(403) ? .denied : .unauthorized,
                "\(registry.name) refused the user name or the password",
                detail: ["upstream": registry.name])
        }
        let upstream = services.configuration.upstreams[registry.name]
        if let upstream, upstream.accessGrace > .zero, error.isUnavailable {
            let known = signIn.verdicts.repositories(
                of: identity, at: registry.name, within: upstream.accessTTL + upstream.accessGrace)
            if !known.isEmpty { return }
        }
        throw RegistryError(
            error, asking: .manifest, isCached: false,
            failingSince: registry.failingSince)
    }
}
