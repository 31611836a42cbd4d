/// Lines about who was refused, and who changed what (docs/rules.md).

import Logging

/// Nothing secret is in them: no token, no password, no query.
struct Audit: Sendable {
    enum Cause: Sendable {
        /// Which rule, by its title.
        case rule(String)
        /// Which of `limits`, by its key.
        case limit(String)
        /// Why the sign-in failed.
        case signIn(String)
        case adminToken
    }

    let logger: Logger

    /// - Parameter what: such as `GET docker.io/library/nginx:1`.
    func refused(_ requester: Requester, _ what: String, _ cause: Cause) {
        var metadata = who(requester)
        metadata["what"] = "\(what)"
        metadata["cause"] = "\(cause.word)"
        if let detail = cause.detail { metadata["detail"] = "\(detail)" }
        logger.notice("refused", metadata: metadata)
    }

    /// A changing operation of the admin API, which the admin token was shown for.
    ///
    /// - Parameters:
    ///   - what: method and path.
    ///   - parameters: the request's document, nil where it has none.
    ///   - result: the status, and what was wrong where something was.
    func operated(
        _ requester: Requester, _ what: String, parameters: String?, result: String
    ) {
        var metadata = who(requester)
        metadata["credential"] = "admin token"
        metadata["what"] = "\(what)"
        if let parameters { metadata["parameters"] = "\(parameters)" }
        metadata["result"] = "\(result)"
        logger.notice("operation", metadata: metadata)
    }

    private func who(_ requester: Requester) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(requester.address)"]
        if let user = requester.user { metadata["user"] = "\(user)" }
        return metadata
    }
}

extension Audit.Cause {
    fileprivate var word: String {
        switch self {
        case .rule: "rule"
        case .limit: "limit"
        case .signIn: "sign-in"
        case .adminToken: "admin token"
        }
    }

    fileprivate var detail: String? {
        switch self {
        case .rule(let text), .limit(let text), .signIn(let text): text
        case .adminToken: nil
        }
    }
}
