/// Which challenge a request is answered with, and where one is due.

import CacheStore
import OCI

/// `Basic` where only Larder's own users matter and everybody has to be one; else `Bearer`, which
/// lets clients come anonymously too, and to passthrough upstreams.
struct Challenges: Sendable {
    let services: PullServices
    let table: RegistryTable
    let requester: Requester

    private var hasUsers: Bool { services.signIn.users.isConfigured }
    private var allowsAnonymous: Bool { services.configuration.auth.allowsAnonymous }

    func challenge(
        for target: PullTarget, _ problem: SignInChallenge.TokenProblem? = nil
    ) -> SignInChallenge {
        guard needsTokens else { return .basic }
        return .bearer(
            realm: realm, service: target.registry.name,
            scope: TokenScope.pull("\(target.key.repository)"), problem: problem)
    }

    /// What `/v2/` answers; nil where nobody who asks there needs to sign in. Root `/v2/` stands for
    /// every upstream that can be reached under the host's name.
    func challenge(at address: Address) -> SignInChallenge? {
        let reachable = table.reachable(at: address)
        guard reachable.contains(where: needsSigningIn) else { return nil }
        guard needsTokens else { return .basic }
        let service = reachable.count == 1 ? reachable[0].name : SignInChallenge.anyService
        return .bearer(realm: realm, service: service, scope: nil, problem: nil)
    }

    private func needsSigningIn(_ registry: Registry) -> Bool {
        switch registry.access {
        case .passthrough: true
        case .open:
            hasUsers
                && (!allowsAnonymous
                    || services.configuration.rules.contains(where: \.isAboutUsers))
        }
    }

    private var needsTokens: Bool {
        (hasUsers && allowsAnonymous)
            || table.reachable(at: Address(host: requester.host))
                .contains { $0.access == .passthrough }
    }

    private var realm: String {
        "\(requester.scheme)://\(requester.host ?? "localhost")\(TokenEndpoint.path)"
    }
}
