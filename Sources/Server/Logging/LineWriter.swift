/// Writes the parts of a line into memory of a known size.

import FoundationEssentials
import Logging
import OCI

/// What a line takes at most is known before it is written: no part makes room for itself.
struct LineWriter {
    /// The most bytes that escaping makes of one: `\u0000`.
    static let escapedBytes = 6
    /// The most that a line takes beside its texts: time, level, what stands between the parts.
    static let startBytes = 128
    /// The most that a field takes beside its texts: a number, what stands between the parts.
    static let fieldBytes = 32

    private let memory: UnsafeMutableBufferPointer<UInt8>
    private let isJSON: Bool
    private(set) var count = 0

    init(_ memory: UnsafeMutableBufferPointer<UInt8>, _ format: LogSettings.Format) {
        self.memory = memory
        isJSON = format == .json
    }

    mutating func start(_ level: Logger.Level, _ label: String, _ message: String) {
        if isJSON { append(#"{"time":""# as StaticString) }
        appendTimestamp()
        append(isJSON ? #"","level":""# : " " as StaticString)
        append(level.rawValue)
        append(isJSON ? #"","logger":""# : " " as StaticString)
        if isJSON { appendEscaped(label) } else { append(label) }
        append(isJSON ? #"","message":""# : ": " as StaticString)
        appendEscaped(message)
        if isJSON { append(#"""# as StaticString) }
    }

    mutating func end() {
        append(isJSON ? "}\n" : "\n" as StaticString)
    }

    private mutating func startValue(of key: String) {
        append(isJSON ? #",""# : " " as StaticString)
        if isJSON { appendEscaped(key) } else { append(key) }
        append(isJSON ? #"":""# : "=" as StaticString)
    }

    /// JSON has numbers as texts, too: a reader finds one type in each field.
    private mutating func endValue() {
        if isJSON { append(#"""# as StaticString) }
    }

    // MARK: Texts

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    private mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        precondition(memory.count - count >= bytes.count)
        (memory.baseAddress! + count).initialize(from: source, count: bytes.count)
        count += bytes.count
    }

    private mutating func appendQuoted(_ text: String) {
        append("\"" as StaticString)
        appendEscaped(text)
        append("\"" as StaticString)
    }

    /// As it is, or in quotes where it would not be told from what follows.
    private mutating func appendPlain(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            !bytes.isEmpty
                && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
        }
        if isPlain { append(text) } else { appendQuoted(text) }
    }

    private mutating func appendEscaped(_ text: String) {
        var text = text
        let isVerbatim = text.withUTF8 { bytes in
            bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        }
        if isVerbatim { return append(text) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append(#"\""# as StaticString)
            case "\\": append(#"\\"# as StaticString)
            case "\n": append(#"\n"# as StaticString)
            case "\r": append(#"\r"# as StaticString)
            case "\t": append(#"\t"# as StaticString)
            case _
            where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let hex = String(scalar.value, radix: 16)
                append(#"\u"# + String(repeating: "0", count: 4 - hex.count) + hex)
            default: append(String(scalar))
            }
        }
    }

    // MARK: Numbers

    private mutating func append(_ number: Int64) {
        if number < 0 { append("-" as StaticString) }
        var (rest, digits) = (number.magnitude, 1)
        while rest > 9 { (rest, digits) = (rest / 10, digits + 1) }
        append(number.magnitude, digits: digits)
    }

    /// - Parameter digits: leading zeros included.
    private mutating func append(_ number: UInt64, digits: Int) {
        precondition(memory.count - count >= digits)
        var rest = number
        for place in stride(from: count + digits - 1, through: count, by: -1) {
            memory[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// As milliseconds with three decimals.
    private mutating func append(nanoseconds: Int64) {
        let microseconds = max(0, nanoseconds) / 1000
        append(microseconds / 1000)
        append("." as StaticString)
        append(UInt64(microseconds % 1000), digits: 3)
    }

    /// RFC 3339 with milliseconds, UTC.
    private mutating func appendTimestamp() {
        let milliseconds = Int64(Date.now.timeIntervalSince1970 * 1000)
        let time = CivilTime(unixSeconds: milliseconds / 1000)
        append(UInt64(time.year), digits: 4)
        append("-", time.month)
        append("-", time.day)
        append("T", time.hour)
        append(":", time.minute)
        append(":", time.second)
        append("." as StaticString)
        append(UInt64(milliseconds % 1000), digits: 3)
        append("Z" as StaticString)
    }

    private mutating func append(_ separator: StaticString, _ number: Int) {
        append(separator)
        append(UInt64(number), digits: 2)
    }
}

extension LineWriter: LogFields {
    mutating func add(_ key: String, _ text: String) {
        startValue(of: key)
        if isJSON { appendEscaped(text) } else { appendPlain(text) }
        endValue()
    }

    mutating func add(_ key: String, _ number: Int64) {
        startValue(of: key)
        append(number)
        endValue()
    }

    mutating func add(_ key: String, nanoseconds: Int64) {
        startValue(of: key)
        append(nanoseconds: nanoseconds)
        endValue()
    }
}
