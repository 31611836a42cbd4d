/// One line per request: the only thing at `info` that a request writes.

import CacheStore
import HTTPTypes
import Hummingbird
import Logging
import OCI

/// What is known of a request as it comes in and is resolved.
struct AccessEntry: Sendable {
    let client: String
    let method: HTTPRequest.Method
    let path: String
    let beganAt = ContinuousClock.now
    var upstream: String?
    var repository: RepositoryKey?
    var endpoint: RegistryRoute.Endpoint?

    init(_ request: Request, target: RequestTarget, client: String) {
        self.client = client
        method = request.method
        path = target.path
    }

    mutating func resolved(_ key: RepositoryKey, _ route: RegistryRoute) {
        upstream = key.upstream
        repository = key
        endpoint = route.endpoint
    }

    /// The tag or digest asked for.
    var reference: String? {
        switch endpoint {
        case .manifest(_, let reference): "\(reference)"
        case .blob(_, let digest), .referrers(_, let digest): "\(digest)"
        case .base, .catalog, .tags, .uploads, nil: nil
        }
    }
}

/// Writes access lines. Query strings stay out: they may hold credentials.
struct AccessLog: Sendable {
    let logger: Logger

    /// - Parameter bytes: of the body, handed to the kernel.
    func write(
        _ entry: AccessEntry, status: Int, bytes: Int64, isComplete: Bool, outcome: CacheOutcome?,
        upstreamCalls: Int
    ) {
        let duration = ContinuousClock.now - entry.beganAt
        var metadata: Logger.Metadata = [
            "client": "\(entry.client)", "method": "\(entry.method.rawValue)",
            "status": "\(status)",
            "bytes": "\(bytes)", "duration_ms": "\(duration.milliseconds)",
            "upstream_calls": "\(upstreamCalls)",
        ]
        if let upstream = entry.upstream { metadata["upstream"] = "\(upstream)" }
        if let key = entry.repository { metadata["repository"] = "\(key.repository)" }
        if let reference = entry.reference { metadata["reference"] = "\(reference)" }
        if entry.repository == nil { metadata["path"] = "\(entry.path)" }
        if let outcome { metadata["cache"] = "\(outcome.word)" }
        if !isComplete { metadata["aborted"] = "true" }
        logger.info("request", metadata: metadata)
    }
}

extension Duration {
    /// With three decimals, as a log reads best.
    fileprivate var milliseconds: String {
        let microseconds =
            components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        let fraction = String(microseconds % 1000)
        let padding = String(repeating: "0", count: 3 - fraction.count)
        return "\(microseconds / 1000).\(padding)\(fraction)"
    }
}
