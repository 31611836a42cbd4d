/// From what an upstream answered to what the client is told (clients.md, "Answers").

import OCI
import Upstream

/// What was asked for: decides the code of a 404.
enum PullSubject: Sendable {
    case manifest, blob, tags, referrers

    var unknown: RegistryError.Code {
        switch self {
        case .manifest, .referrers: .manifestUnknown
        case .blob: .blobUnknown
        case .tags: .nameUnknown
        }
    }
}

extension RegistryError {
    /// - Parameters:
    ///   - isCached: whether this repository's copy is in the store, for the `detail`.
    ///   - failingSince: Unix seconds since when the upstream fails, likewise.
    init(
        _ error: UpstreamError, asking subject: PullSubject, isCached: Bool,
        failingSince: Int64?
    ) {
        var detail = [
            "upstream": error.upstream, "reason": error.message,
            "cached": isCached ? "true" : "false",
        ]
        if let status = error.upstreamStatus { detail["upstream_status"] = "\(status)" }
        if let failingSince { detail["failing_since"] = "\(Timestamp(failingSince))" }
        let name = error.upstream
        switch error.kind {
        case .status(404):
            self.init(subject.unknown, "\(name) does not have it", detail: detail)
        case .forbiddenRedirect:
            self.init(.denied, error.message, detail: detail)
        case .status(401), .status(403), .refusedRealm:
            self.init(.denied, "\(name) does not let Larder read it", detail: detail)
        case .rateLimited(let seconds):
            self.init(
                .tooManyRequests, "\(name) limits requests", detail: detail,
                retryAfterSeconds: seconds ?? 60)
        case .suspended(let seconds):
            self.init(
                .unavailable, "\(name) is not available", detail: detail,
                retryAfterSeconds: seconds)
        case .overloaded(let seconds):
            self.init(
                .tooManyRequests, "too many requests wait for \(name)", detail: detail,
                retryAfterSeconds: seconds)
        case .noCredentials:
            self.init(
                .unavailable, "Larder has no credentials for \(name) at the moment",
                detail: detail)
        case .offline:
            self.init(
                .unavailable, "\(name) is offline, and what is asked for is not in the cache",
                detail: detail)
        case .timedOut:
            self.init(.unavailable, "\(name) did not answer in time", detail: detail, status: 504)
        case .status, .unreachable, .truncated:
            self.init(.unavailable, "\(name) is not available", detail: detail)
        case .tooLarge, .malformed, .refusedRedirect, .refusedAddress:
            self.init(.unavailable, "the answer of \(name) is not usable", detail: detail)
        }
    }

    /// The upstream sent bytes of another digest than was asked for or announced (R4).
    static func wrongDigest(_ found: Digest, insteadOf wanted: Digest, from upstream: String)
        -> RegistryError
    {
        RegistryError(
            .unavailable, "\(upstream) sent other content than \(wanted)",
            detail: ["upstream": upstream, "found": "\(found)"])
    }
}

extension PullTarget {
    /// Unix seconds since when the upstream fails; nil while it answers.
    var failingSince: Int64? { registry.failingSince }
}

extension Registry {
    /// Unix seconds since when it fails; nil while it answers.
    var failingSince: Int64? {
        let activity = client.activity.snapshot
        return activity.state == .failing ? activity.since : nil
    }
}

extension UpstreamError {
    /// Whether something was sent upstream before it came to this.
    var isForwarded: Bool { kind != .offline }

    var upstreamStatus: Int? {
        switch kind {
        case .status(let status): status
        case .rateLimited: 429
        default: nil
        }
    }
}
