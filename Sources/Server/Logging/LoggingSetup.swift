/// Makes loggers that share one format and one level.

import Logging

struct LoggingSetup: Sendable {
    let format: LogSettings.Format
    let threshold: LogThreshold

    init(_ settings: LogSettings) {
        format = settings.format
        threshold = LogThreshold(settings.level)
    }

    func logger(_ label: String) -> Logger {
        Logger(label: label) { label in
            LineLogHandler(label: label, format: format, threshold: threshold)
        }
    }
}
