/// One line of the log, as bytes.

import FoundationEssentials
import Logging

/// Control characters are escaped, so a line is one event whatever a client sent (R74).
struct LogLine: Sendable {
    typealias Field = (key: String, value: Value)

    /// What a field says; numbers are written without being made texts first.
    enum Value: Sendable {
        case text(String)
        case number(Int64)
        /// Written as milliseconds, with three decimals, as a log reads best.
        case milliseconds(Duration)
    }

    private(set) var bytes: [UInt8] = []

    /// - Parameter fields: in the order of their keys.
    init(
        _ format: LogSettings.Format, _ level: Logger.Level, label: String, message: String,
        fields: [Field]
    ) {
        bytes.reserveCapacity(512)
        switch format {
        case .text:
            appendTimestamp()
            append(" ")
            append(level.rawValue)
            append(" ")
            append(label)
            append(": ")
            appendEscaped(message)
            for field in fields {
                append(" ")
                append(field.key)
                append("=")
                appendPlain(field.value)
            }
        case .json:
            append(#"{"time":""#)
            appendTimestamp()
            append(#"","level":""#)
            append(level.rawValue)
            append(#"","logger":"#)
            appendQuoted(label)
            append(#","message":"#)
            appendQuoted(message)
            for field in fields {
                append(",")
                appendQuoted(field.key)
                append(":")
                appendQuoted(field.value)
            }
            append("}")
        }
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    // MARK: Values

    private mutating func appendPlain(_ value: Value) {
        guard case .text(let text) = value else { return appendNumber(value) }
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
        if isPlain { append(text) } else { appendQuoted(text) }
    }

    /// JSON has them as texts, too: a reader finds one type in each field.
    private mutating func appendQuoted(_ value: Value) {
        guard case .text(let text) = value else {
            append("\"")
            appendNumber(value)
            return append("\"")
        }
        appendQuoted(text)
    }

    private mutating func appendNumber(_ value: Value) {
        switch value {
        case .text: break
        case .number(let number): append(number)
        case .milliseconds(let duration):
            let (seconds, attoseconds) = duration.components
            let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
            append(microseconds / 1000)
            append(".")
            appendDigits(Int(microseconds % 1000), 3)
        }
    }

    private mutating func append(_ number: Int64) {
        guard number > 9 else {
            return number < 0 ? append("\(number)") : bytes.append(Self.digit(Int(number)))
        }
        let start = bytes.count
        var rest = number
        while rest > 0 {
            bytes.append(Self.digit(Int(rest % 10)))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private mutating func appendDigits(_ value: Int, _ count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            bytes.append(Self.digit(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func digit(_ value: Int) -> UInt8 { UInt8(ascii: "0") + UInt8(value) }

    /// RFC 3339 with milliseconds, UTC.
    private mutating func appendTimestamp() {
        let milliseconds = Int64(Date.now.timeIntervalSince1970 * 1000)
        let time = CivilTime(unixSeconds: milliseconds / 1000)
        appendDigits(time.year, 4)
        append("-")
        appendDigits(time.month, 2)
        append("-")
        appendDigits(time.day, 2)
        append("T")
        appendDigits(time.hour, 2)
        append(":")
        appendDigits(time.minute, 2)
        append(":")
        appendDigits(time.second, 2)
        append(".")
        appendDigits(Int(milliseconds % 1000), 3)
        append("Z")
    }

    // MARK: Texts

    private mutating func appendQuoted(_ text: String) {
        append("\"")
        appendEscaped(text)
        append("\"")
    }

    private mutating func appendEscaped(_ text: String) {
        let isVerbatim = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c
        }
        if isVerbatim { return append(text) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _
            where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let hex = String(scalar.value, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)  // every scalar has a form
            }
        }
    }
}
