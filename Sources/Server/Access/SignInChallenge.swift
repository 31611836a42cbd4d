/// How a client is asked to sign in (RFC 7235 §4.1, distribution's token specification).

import OCI

enum SignInChallenge: Sendable, Equatable {
    case basic
    /// - Parameters:
    ///   - realm: Larder's own token endpoint, an absolute URL.
    ///   - service: the upstream's name, by which scopes are read; `larder` where none decided.
    ///   - scope: nil on `/v2/` itself.
    ///   - problem: what is wrong with the token that was sent (RFC 6750 §3.1).
    case bearer(realm: String, service: String, scope: String?, problem: TokenProblem?)

    enum TokenProblem: String, Sendable {
        case invalid = "invalid_token"
        case insufficientScope = "insufficient_scope"
    }

    /// The service of a host at which no upstream decides.
    static let anyService = "larder"

    var fieldValue: String {
        switch self {
        case .basic: return #"Basic realm="Larder", charset="UTF-8""#
        case .bearer(let realm, let service, let scope, let problem):
            var parameters = [("realm", realm), ("service", service)]
            if let scope { parameters.append(("scope", scope)) }
            if let problem { parameters.append(("error", problem.rawValue)) }
            return "Bearer "
                + parameters.map { #"\#($0.0)="\#($0.1)""# }.joined(separator: ",")
        }
    }
}

/// The client has to sign in, or to sign in as somebody else: 401 with a challenge.
struct Unauthorized: Error {
    let challenge: SignInChallenge
    let error: RegistryError

    init(_ challenge: SignInChallenge, _ reason: String) {
        self.challenge = challenge
        error = RegistryError(.unauthorized, reason)
    }
}
