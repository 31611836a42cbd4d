/// One line of the log, as bytes.

import Logging

/// Control characters are escaped, so a line is one event whatever a client sent (R74).
struct LogLine: Sendable {
    let bytes: [UInt8]

    /// - Parameters:
    ///   - textBytes: of the fields' keys and texts in UTF-8, together.
    ///   - fieldCount: at most.
    ///   - fields: adds them, in the order of their keys.
    init(
        _ format: LogSettings.Format, _ level: Logger.Level, label: String, message: String,
        textBytes: Int, fieldCount: Int, fields: (inout LineWriter) -> Void
    ) {
        let texts = label.utf8.count + message.utf8.count + textBytes
        let limit =
            LineWriter.startBytes + texts * LineWriter.escapedBytes
            + fieldCount * LineWriter.fieldBytes
        bytes = [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
            var writer = LineWriter(memory, format)
            writer.start(level, label, message)
            fields(&writer)
            writer.end()
            count = writer.count
        }
    }
}

/// What takes the fields of a line one by one, in the order of their keys.
protocol LogFields {
    mutating func add(_ key: String, _ text: String)
    mutating func add(_ key: String, _ number: Int64)
    /// Read as milliseconds with three decimals.
    mutating func add(_ key: String, nanoseconds: Int64)
}

/// For loggers of others.
extension Logger.Metadata: LogFields {
    mutating func add(_ key: String, _ text: String) { self[key] = .string(text) }
    mutating func add(_ key: String, _ number: Int64) { add(key, "\(number)") }
    mutating func add(_ key: String, nanoseconds: Int64) {
        add(key, "\(Double(nanoseconds / 1000) / 1000)")
    }
}
