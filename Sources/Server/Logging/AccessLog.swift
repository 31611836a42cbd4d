/// One line per request: the only thing at `info` that a request writes.

import CacheStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI

/// What is known of a request as it comes in and is resolved.
struct AccessEntry: Sendable {
    let client: String
    let method: HTTPRequest.Method
    let path: String
    let beganAt = NIODeadline.now()
    var asked: AskedContent?
    /// Of what asks for no content of a repository.
    private var upstreamOnly: String?

    init(client: String, method: HTTPRequest.Method, path: String) {
        self.client = client
        self.method = method
        self.path = path
    }

    init(_ request: Request, target: RequestTarget, client: String) {
        self.init(client: client, method: request.method, path: target.path)
    }

    var repository: RepositoryKey? { asked?.repository }

    var upstream: String? {
        get { asked?.repository.upstream ?? upstreamOnly }
        set { upstreamOnly = newValue }
    }

    /// What was asked for, in one text: `GET docker.io/library/nginx:1`; what belongs to no
    /// repository by its path.
    var subject: String {
        guard let asked else { return "\(method.rawValue) \(path)" }
        let separator = asked.reference?.contains(":") == true ? "@" : ":"
        return "\(method.rawValue) \(asked.repository)"
            + (asked.reference.map { separator + $0 } ?? "")
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
        upstreamCalls: Int, endAt: NIODeadline = .now()
    ) {
        guard logger.logLevel <= .info else { return }
        let line = AccessLine(
            entry: entry, status: status, bytes: bytes, isComplete: isComplete, outcome: outcome,
            upstreamCalls: upstreamCalls, endAt: endAt)
        if let lines {
            lines.write(
                .info, "request", textBytes: line.textBytes, fieldCount: AccessLine.fieldCount
            ) { line.add(to: &$0) }
        } else {
            var metadata = Logger.Metadata()
            line.add(to: &metadata)
            logger.info("request", metadata: metadata)
        }
    }
}

/// The fields of one line.
private struct AccessLine {
    static let fieldCount = 12

    let entry: AccessEntry
    let status: Int
    let bytes: Int64
    let isComplete: Bool
    let outcome: CacheOutcome?
    let upstreamCalls: Int
    let endAt: NIODeadline

    /// Of all that is no number, the keys included.
    var textBytes: Int {
        let keys = 128
        let asked = entry.asked.map {
            ($0.reference?.utf8.count ?? 0) + $0.repository.repository.description.utf8.count
        }
        return keys + (outcome?.word.utf8.count ?? 0) + entry.client.utf8.count
            + entry.method.rawValue.utf8.count + entry.path.utf8.count + (asked ?? 0)
            + (entry.upstream?.utf8.count ?? 0)
    }

    func add(to fields: inout some LogFields) {
        if !isComplete { fields.add("aborted", "true") }
        fields.add("bytes", bytes)
        if let outcome { fields.add("cache", outcome.word) }
        fields.add("client", entry.client)
        fields.add("duration_ms", nanoseconds: (endAt - entry.beganAt).nanoseconds)
        fields.add("method", entry.method.rawValue)
        if entry.asked == nil { fields.add("path", entry.path) }
        if let asked = entry.asked {
            if let reference = asked.reference { fields.add("reference", reference) }
            fields.add("repository", asked.repository.repository.description)
        }
        fields.add("status", Int64(status))
        if let upstream = entry.upstream { fields.add("upstream", upstream) }
        fields.add("upstream_calls", Int64(upstreamCalls))
    }
}
