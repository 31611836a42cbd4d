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
    private(set) var endpoint: RegistryRoute.Endpoint?
    private(set) var repository: RepositoryKey?
    /// The tag or digest asked for.
    private(set) var reference: String?
    var upstream: String?

    init(client: String, method: HTTPRequest.Method, path: String) {
        self.client = client
        self.method = method
        self.path = path
    }

    init(_ request: Request, target: RequestTarget, client: String) {
        self.init(client: client, method: request.method, path: target.path)
    }

    mutating func resolved(_ key: RepositoryKey, _ route: RegistryRoute) {
        resolved(key, route.endpoint, reference: Self.reference(of: route.endpoint))
    }

    /// - Parameter reference: as ``reference(of:)`` has it.
    mutating func resolved(
        _ key: RepositoryKey, _ endpoint: RegistryRoute.Endpoint, reference: String?
    ) {
        upstream = key.upstream
        repository = key
        self.endpoint = endpoint
        self.reference = reference
    }

    /// What was asked for, in one text: `GET docker.io/library/nginx:1`; what belongs to no
    /// repository by its path.
    var subject: String {
        guard let repository else { return "\(method.rawValue) \(path)" }
        let separator = reference?.contains(":") == true ? "@" : ":"
        let name = "\(repository.upstream)/\(repository.repository)"
        return "\(method.rawValue) \(name)" + (reference.map { separator + $0 } ?? "")
    }

    static func reference(of endpoint: RegistryRoute.Endpoint) -> String? {
        switch endpoint {
        case .manifest(_, let reference): "\(reference)"
        case .blob(_, let digest), .referrers(_, let digest): "\(digest)"
        case .base, .catalog, .tags, .uploads: nil
        }
    }
}

/// Writes access lines. Query strings stay out: they may hold credentials.
struct AccessLog: Sendable {
    let logger: Logger
    /// Where the logger writes lines itself, which spares a request the dictionaries.
    private let lines: LineLogHandler?

    init(logger: Logger) {
        self.logger = logger
        lines = logger.handler as? LineLogHandler
    }

    /// - Parameter bytes: of the body, handed to the kernel.
    func write(
        _ entry: AccessEntry, status: Int, bytes: Int64, isComplete: Bool, outcome: CacheOutcome?,
        upstreamCalls: Int, endAt: ContinuousClock.Instant = .now
    ) {
        guard logger.logLevel <= .info else { return }
        var fields: [LogLine.Field] = []
        fields.reserveCapacity(11)
        if !isComplete { fields.append(("aborted", .text("true"))) }
        fields.append(("bytes", .number(bytes)))
        if let outcome { fields.append(("cache", .text(outcome.word))) }
        fields.append(("client", .text(entry.client)))
        fields.append(("duration_ms", .milliseconds(endAt - entry.beganAt)))
        fields.append(("method", .text(entry.method.rawValue)))
        if entry.repository == nil { fields.append(("path", .text(entry.path))) }
        if let reference = entry.reference { fields.append(("reference", .text(reference))) }
        if let key = entry.repository {
            fields.append(("repository", .text("\(key.repository)")))
        }
        fields.append(("status", .number(Int64(status))))
        if let upstream = entry.upstream { fields.append(("upstream", .text(upstream))) }
        fields.append(("upstream_calls", .number(Int64(upstreamCalls))))
        if let lines {
            lines.write(.info, "request", fields)
        } else {
            let metadata = fields.map { ($0.key, Logger.MetadataValue.string($0.value.text)) }
            logger.info("request", metadata: Logger.Metadata(uniqueKeysWithValues: metadata))
        }
    }
}

extension LogLine.Value {
    /// For loggers of others.
    fileprivate var text: String {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        case .milliseconds(let duration): "\(duration / .milliseconds(1))"
        }
    }
}
