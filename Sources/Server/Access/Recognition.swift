/// Who asks, by what the request shows.

import CacheStore
import OCI
import Upstream

/// Who was recognised.
struct Caller: Sendable {
    /// One of Larder's own users; nil for anybody.
    var user: String?
    /// What a passthrough upstream gave, for the repository asked for.
    var grant: AccessToken.Grant?
}

/// At an open upstream one of Larder's users, or anybody; at a passthrough upstream whoever has a
/// token for the repository.
struct Recognition: Sendable {
    let services: PullServices
    let challenges: Challenges

    private var signIn: SignIn { services.signIn }
    private var client: ClientKey { challenges.requester.key }

    /// - Throws: `Unauthorized`; `RegistryError` of 429 or 503.
    func caller(
        _ presented: PresentedCredential, for target: PullTarget
    ) async throws -> Caller {
        switch target.registry.access {
        case .open: try await userCaller(presented, target)
        case .passthrough: try guest(presented, target)
        }
    }

    /// Whether it is anybody's whom Larder knows: a token of its own, or a user's password.
    ///
    /// - Throws: `RegistryError` of 429 or 503.
    func isKnown(_ presented: PresentedCredential) async throws -> Bool {
        switch presented {
        case .bearer(let text): signIn.open(text) != nil
        case .basic(let credential) where signIn.users.isConfigured:
            try await signIn.verify(credential, from: client)
        case .basic, .none, .unusable: false
        }
    }

    /// Without users of its own, Larder does not look at what it is shown.
    private func userCaller(
        _ presented: PresentedCredential, _ target: PullTarget
    ) async throws -> Caller {
        guard signIn.users.isConfigured else { return Caller() }
        let user = try await user(presented) { problem, reason in
            Unauthorized(challenges.challenge(for: target, problem), reason)
        }
        guard user != nil || services.configuration.auth.allowsAnonymous else {
            throw Unauthorized(challenges.challenge(for: target), "sign in to pull")
        }
        return Caller(user: user)
    }

    private func user(
        _ presented: PresentedCredential,
        _ unauthorized: (SignInChallenge.TokenProblem?, String) -> Unauthorized
    ) async throws -> String? {
        switch presented {
        case .none: return nil
        case .basic(let credential):
            guard try await signIn.verify(credential, from: client) else {
                throw unauthorized(nil, "the user name or the password is wrong")
            }
            return credential.username
        case .bearer(let text):
            guard let token = signIn.open(text) else {
                throw unauthorized(.invalid, "the token is not valid, or not any more")
            }
            return token.user
        case .unusable: throw unauthorized(nil, "the Authorization field cannot be used")
        }
    }

    private func guest(
        _ presented: PresentedCredential, _ target: PullTarget
    ) throws(Unauthorized) -> Caller {
        guard case .bearer(let text) = presented else {
            throw Unauthorized(
                challenges.challenge(for: target), "sign in to pull from \(target.registry.name)")
        }
        guard let token = signIn.open(text) else {
            throw Unauthorized(
                challenges.challenge(for: target, .invalid),
                "the token is not valid, or not any more")
        }
        guard let grant = token.grant(for: target.key.repository, of: target.registry.name) else {
            throw Unauthorized(
                challenges.challenge(for: target, .insufficientScope),
                "the token is not for \(target.key)")
        }
        return Caller(grant: grant)
    }
}
