/// One line of the log, as bytes.

import FoundationEssentials
import Logging

/// Control characters are escaped, so a line is one event whatever a client sent (R74).
struct LogLine: Sendable {
    typealias Field = (key: String, value: String)

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
            append(" \(level.rawValue) ")
            append(label)
            append(": ")
            append(Self.escaped(message))
            for field in fields {
                append(" ")
                append(field.key)
                append("=")
                append(Self.isPlain(field.value) ? field.value : Self.quoted(field.value))
            }
        case .json:
            append(#"{"time":""#)
            appendTimestamp()
            append(#"","level":""#)
            append(level.rawValue)
            append(#"","logger":"#)
            append(Self.quoted(label))
            append(#","message":"#)
            append(Self.quoted(message))
            for field in fields {
                append(",")
                append(Self.quoted(field.key))
                append(":")
                append(Self.quoted(field.value))
            }
            append("}")
        }
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

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

    private mutating func appendDigits(_ value: Int, _ count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
    }

    private static func escaped(_ text: String) -> String {
        String(quoted(text).dropFirst().dropLast())
    }

    private static func quoted(_ text: String) -> String {
        let isVerbatim = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c
        }
        if isVerbatim { return "\"\(text)\"" }
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
