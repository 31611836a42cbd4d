/// Log lines on standard output, as text for people or JSON for programs.

import Logging
import OCI
import Synchronization

/// A line per event: time (UTC), level, logger, message, metadata sorted by key.
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
        let texts = fields.map { (key: $0.key, text: "\($0.value)") }.sorted { $0.key < $1.key }
        let line = LogLine(
            format, event.level, label: label, message: "\(event.message)",
            textBytes: texts.reduce(0) { $0 + $1.key.utf8.count + $1.text.utf8.count },
            fieldCount: texts.count
        ) { line in
            for (key, text) in texts { line.add(key, text) }
        }
        LineOutput.standard.write(bytes: line.bytes)
    }

    /// A line that may be put off a little, for what comes often.
    ///
    /// The handler's own fields are left out; for the others see ``LogLine``.
    func write(
        _ level: Logger.Level, _ message: String, textBytes: Int, fieldCount: Int,
        _ fields: (inout LineWriter) -> Void
    ) {
        let line = LogLine(
            format, level, label: label, message: message, textBytes: textBytes,
            fieldCount: fieldCount, fields: fields)
        LineOutput.standard.writeSoon(bytes: line.bytes)
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
