// Signing in at a scripted registry: tokens from a realm, or Basic.
import Synchronization

enum Authentication: Sendable {
    case token(TokenAuthority, challengesOnlyAtRoot: Bool)
    /// Each `user:password` is good.
    case basic([String])
}

/// Issues tokens and knows which are good; shared by the registry and its token server.
package final class TokenAuthority: Sendable {
    package struct Rules: Sendable {
        package var service = "scripted"
        /// Whether tokens are signed ones, which a real registry verifies.
        package var isSigned = false
        /// The field of the answer that holds the token.
        package var field = "token"
        package var expiresIn: Int? = 300
        /// A `user:password` that the token server demands; nil for anonymous tokens.
        package var credential: String?
        /// The repositories that each may pull: by `user:password`, "" for anonymous. Nil where
        /// whoever gets a token may pull everything that it was asked for.
        package var rights: [String: Set<String>]?
        /// What is exchanged for a token by OAuth2; nil where that is not offered.
        package var refreshToken: String?
        /// The realm as the challenge states it; nil for the token server's own `/token`.
        package var realm: String?

        package init() {}
    }

    private struct State {
        var rules: Rules
        var issued: [String: Set<String>] = [:]
        var count = 0
    }

    private let state: Mutex<State>

    package init(_ rules: Rules = Rules()) {
        self.state = Mutex(State(rules: rules))
    }

    package var rules: Rules { state.withLock { $0.rules } }

    /// Changes what is asked for from now on.
    package func change(_ change: (inout Rules) -> Void) {
        state.withLock { change(&$0.rules) }
    }

    /// How many tokens were issued.
    package var issuedCount: Int { state.withLock { $0.count } }

    /// Makes all tokens invalid, as when they have ended.
    package func revokeAll() {
        state.withLock { $0.issued.removeAll() }
    }

    /// The scopes of those asked for that are granted; nil where the credential is wrong.
    func granted(_ scopes: [String], to credential: String) -> [String]? {
        guard let rights = rules.rights else { return scopes }
        guard let repositories = rights[credential] else { return nil }
        return scopes.filter { scope in repositories.contains { scope == "repository:\($0):pull" } }
    }

    func issue(scopes: [String]) -> String {
        state.withLock { state in
            state.count += 1
            let rules = state.rules
            let signed =
                rules.isSigned
                ? try? SignedToken.make(
                    scopes: scopes, service: rules.service, expiresIn: rules.expiresIn ?? 60) : nil
            let token = signed ?? "token-\(state.count)"
            state.issued[token] = Set(scopes)
            return token
        }
    }

    /// Takes a right from whoever has it, from the tokens issued before too.
    package func revoke(_ repository: String) {
        state.withLock { state in
            for credential in (state.rules.rights ?? [:]).keys {
                state.rules.rights?[credential]?.remove(repository)
            }
            for token in state.issued.keys {
                state.issued[token]?.remove("repository:\(repository):pull")
            }
        }
    }

    func accepts(_ token: String, for repository: String?) -> Bool {
        state.withLock { state in
            guard let scopes = state.issued[token] else { return false }
            return repository.map { scopes.contains("repository:\($0):pull") } ?? true
        }
    }
}

extension ScriptedRegistry {
    /// Demands a bearer token of `authority`, whose realm is at `tokenServer` (this server where
    /// nil).
    ///
    /// - Parameter challengesOnlyAtRoot: 401s of resources carry no challenge, as on gcr.io.
    package func requireToken(
        _ authority: TokenAuthority, from tokenServer: ScriptedRegistry? = nil,
        challengesOnlyAtRoot: Bool = false
    ) {
        (tokenServer ?? self).issueTokens(authority, registry: self, challengesOnlyAtRoot)
    }

    private func issueTokens(
        _ authority: TokenAuthority, registry: ScriptedRegistry, _ challengesOnlyAtRoot: Bool
    ) {
        let realm = "\(url)/token"
        state.withLock { $0.tokenAuthority = authority }
        registry.state.withLock { state in
            state.authentication = .token(authority, challengesOnlyAtRoot: challengesOnlyAtRoot)
            state.realm = authority.rules.realm ?? realm
        }
    }

    /// Demands Basic credentials.
    package func requireBasic(username: String, password: String) {
        requireBasic(["\(username):\(password)"])
    }

    /// Demands one of several Basic credentials, each `user:password`.
    package func requireBasic(_ credentials: [String]) {
        state.withLock { $0.authentication = .basic(credentials) }
    }
}
