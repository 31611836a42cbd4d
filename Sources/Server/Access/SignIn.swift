/// What signing in rests on, shared by all requests: users, the token key, verdicts.

import Glibc
import Logging
import OCI
import Upstream

final class SignIn: Sendable {
    let users: Users
    let sealer: TokenSealer
    let verdicts: Verdicts
    let failures = FailedAttempts()
    /// Questions to passthrough upstreams that are under way.
    let questions = SingleFlight<MissingQuestion, Void>()
    private let openedTokens = OpenedTokens()

    init(users: Users, sealer: TokenSealer, verdicts: Verdicts = Verdicts()) {
        self.users = users
        self.sealer = sealer
        self.verdicts = verdicts
    }

    /// The token as it was sealed; nil where it is none of Larder's, is over, or is a user's whose
    /// entry has changed since.
    func open(_ text: String) -> AccessToken? {
        let now = Int64(time(nil))
        let opened = openedTokens.token(text, now: now) { sealer.open(text, now: now) }
        guard let token = opened else { return nil }
        guard let user = token.user else { return token }
        let entry = users.entry(of: user).map(sealer.fingerprint(of:))
        return entry != nil && entry == token.entry ? token : nil
    }

    /// Whether a password is that of one of Larder's users.
    ///
    /// - Throws: 429 for a client that was wrong too often, 503 where too many wait.
    func verify(_ credential: Credential, from client: ClientKey) async throws -> Bool {
        try requirePatience(of: client)
        let isRight: Bool
        do {
            isRight = try await users.verify(credential)
        } catch is PasswordChecks.Overload {
            throw RegistryError(
                .unavailable, "too many passwords wait to be verified", retryAfterSeconds: 2)
        }
        if isRight { failures.forget(client) } else { failures.add(client) }
        return isRight
    }

    /// The same where it is known already, and the client was not wrong lately.
    func isVerified(_ credential: Credential, from client: ClientKey) -> Bool {
        !failures.areKnown(of: client) && users.isVerified(credential)
    }

    /// - Throws: 429 for a client that was wrong too often.
    func requirePatience(of client: ClientKey) throws(RegistryError) {
        guard let pause = failures.pause(for: client) else { return }
        throw RegistryError(
            .tooManyRequests, "too many wrong passwords",
            retryAfterSeconds: max(1, Int(pause.components.seconds)))
    }
}
