// The one error of this module: why an upstream gave no usable answer.

package struct UpstreamError: Error, Sendable, Equatable {
    package enum Phase: String, Sendable {
        case connect, responseHeader, idle, token
        /// Too few bytes in the time in which somebody waited for them.
        case rate
    }

    package enum Kind: Sendable, Equatable {
        /// The final status, after authentication was tried as far as it goes.
        case status(Int)
        /// 429, with the seconds of `Retry-After` where the upstream gave them; or not even sent,
        /// as long as a cool-down after a 429 lasts (R59).
        case rateLimited(retryAfterSeconds: Int?)
        /// No connection: name resolution, refusal, TLS, or closed before a response head.
        case unreachable
        case timedOut(Phase)
        /// A document is larger than what is read into memory (R44, R45).
        case tooLarge(limitBytes: Int)
        /// The answer breaks HTTP or the distribution specification.
        case malformed
        case refusedRedirect(String)
        /// A redirect to a host that the configuration refuses.
        case forbiddenRedirect
        case refusedRealm(String)
        /// A redirect or a realm leads to an address that is not the internet's (R70).
        case refusedAddress
        /// Nothing was asked: the circuits of all endpoints are open, the first for so long.
        case suspended(retryAfterSeconds: Int)
        /// The connection ended before the announced end of the body.
        case truncated
        /// A helper or a file gave no credential; nothing was sent.
        case noCredentials
        /// Too many requests wait for their turn at this upstream; nothing was sent.
        case overloaded(retryAfterSeconds: Int)
        /// Nothing was sent: the upstream is not to be asked for now.
        case offline
    }

    /// The name of the upstream in the configuration.
    package var upstream: String
    package var kind: Kind
    /// One sentence for logs and for the `detail` of an error body. Holds no secret and no
    /// query string of a link.
    package var message: String

    package init(upstream: String, kind: Kind, message: String) {
        self.upstream = upstream
        self.kind = kind
        self.message = message
    }

    /// Whether the upstream is (for now) not able to answer, so that a stale tag may be served
    /// (R50–R52). Never true of 401, 403 and 404: those are answers.
    package var isUnavailable: Bool {
        switch kind {
        case .unreachable, .timedOut, .rateLimited, .truncated, .suspended, .noCredentials,
            .overloaded, .offline:
            true
        case .status(let status): status >= 500
        case .tooLarge, .malformed, .refusedRedirect, .forbiddenRedirect, .refusedRealm,
            .refusedAddress:
            false
        }
    }

    /// When to come back, where it was told.
    package var retryAfter: Duration? {
        switch kind {
        case .rateLimited(let seconds): seconds.map { .seconds($0) }
        case .suspended(let seconds): .seconds(seconds)
        default: nil
        }
    }

    /// Whether Larder itself decided not to ask: this says nothing new of the upstream.
    var isOwnDecision: Bool {
        if case .suspended = kind { true } else { false }
    }

    /// Whether nothing came, or 5xx: 429 shows somebody at work.
    var isBreakdown: Bool {
        switch kind {
        case .unreachable, .timedOut: true
        case .status: !kind.isAnswer
        default: false
        }
    }

    /// A label out of a small fixed set, fit for a metric.
    package var shortDescription: String { kind.shortDescription }
}

extension UpstreamError.Kind {
    /// Whether it shows an upstream at work, if only with a refusal or with a redirect that Larder
    /// itself refuses; 501 is a method refused.
    var isAnswer: Bool {
        switch self {
        case .status(let status): status < 500 || status == 501
        case .forbiddenRedirect: true
        default: false
        }
    }

    var shortDescription: String {
        switch self {
        case .status(let status): (400..<600).contains(status) ? "status_\(status)" : "status_other"
        case .rateLimited: "rate_limited"
        case .unreachable: "unreachable"
        case .timedOut(let phase): "timed_out_\(phase.rawValue)"
        case .tooLarge: "too_large"
        case .malformed: "malformed"
        case .refusedRedirect, .forbiddenRedirect: "refused_redirect"
        case .refusedRealm: "refused_realm"
        case .refusedAddress: "refused_address"
        case .truncated: "truncated"
        case .suspended: "suspended"
        case .noCredentials: "no_credentials"
        case .overloaded: "overloaded"
        case .offline: "offline"
        }
    }
}

extension UpstreamError: CustomStringConvertible {
    package var description: String { "\(upstream): \(message)" }
}
