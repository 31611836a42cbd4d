/// Log lines on standard output, as text for people or JSON for programs.

import FoundationEssentials
import Glibc
import Logging
import OCI
import Synchronization

/// A line per event: time (UTC), level, logger, message, metadata sorted by key. Control
/// characters are escaped, so a line is one event whatever a client sent (R74).
struct LineLogHandler: LogHandler {
    let label: String
    let format: LogSettings.Format
    private let threshold: LogThreshold
    var metadata: Logger.Metadata = [:]

    init(label: String, format: LogSettings.Format, threshold: LogThreshold) {
        self.label = label
        self.format = format
        self.threshold = threshold
    }

    /// Shared by all loggers, so that a reload changes them all; a logger's own is not kept.
    var logLevel: Logger.Level {
        get { threshold.level }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let own = event.metadata { fields.merge(own) { $1 } }
        fields["hb.request.id"] = nil
        let line =
            switch format {
            case .text: text(event, fields)
            case .json: json(event, fields)
            }
        LineOutput.standard.write(line)
    }

    private func text(_ event: LogEvent, _ fields: Logger.Metadata) -> String {
        let pairs = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted("\($0.value)"))" }
        let head = "\(Self.timestamp()) \(event.level) \(label): \(escaped("\(event.message)"))"
        return ([head] + pairs).joined(separator: " ")
    }

    private func json(_ event: LogEvent, _ fields: Logger.Metadata) -> String {
        var members = [
            ("time", Self.timestamp()), ("level", "\(event.level)"), ("logger", label),
            ("message", "\(event.message)"),
        ]
        members += fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        return "{"
            + members.map { "\(jsonString($0.0)):\(jsonString($0.1))" }
            .joined(separator: ",") + "}"
    }

    /// RFC 3339 with milliseconds, UTC.
    private static func timestamp() -> String {
        Date.now.formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
    }

    private func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
        return isPlain && !value.isEmpty ? value : jsonString(value)
    }

    private func escaped(_ text: String) -> String {
        String(jsonString(text).dropFirst().dropLast())
    }

    private func jsonString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _
            where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// The level from which on events are written, changeable while running.
final class LogThreshold: Sendable {
    private let current: Mutex<Logger.Level>

    init(_ level: LogSettings.Level) {
        current = Mutex(level.logLevel)
    }

    var level: Logger.Level {
        current.withLock { $0 }
    }

    func set(_ level: LogSettings.Level) {
        current.withLock { $0 = level.logLevel }
    }
}

extension LogSettings.Level {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

/// Whole lines to a descriptor: one `write` each, so that lines of several threads do not mix.
final class LineOutput: Sendable {
    static let standard = LineOutput(STDOUT_FILENO)
    static let diagnostics = LineOutput(STDERR_FILENO)

    private let descriptor: CInt
    private let lock = Mutex(())

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    func write(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(0x0a)
        write(bytes: bytes)
    }

    func write(bytes: [UInt8]) {
        lock.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
