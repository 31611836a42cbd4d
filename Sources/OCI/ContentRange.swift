// ContentRange: which bytes a partial answer holds.

/// A `Content-Range` header in bytes (RFC 9110 §14.4).
package struct ContentRange: Hashable, Sendable {
    /// Half-open, never empty.
    package let range: Range<Int64>
    /// The size of the whole, nil where it is not known (`*`).
    package let total: Int64?

    /// - Precondition: `range` is not empty, starts at 0 or later and ends within `total`.
    package init(range: Range<Int64>, total: Int64?) {
        precondition(!range.isEmpty && range.lowerBound >= 0, "a content range holds bytes")
        precondition(total.map { range.upperBound <= $0 } ?? true, "a content range ends in time")
        self.range = range
        self.total = total
    }

    /// `bytes 0-9/100` or `bytes 0-9/*`; nil for another unit, and for what is malformed or
    /// contradicts itself.
    package init?(_ header: String) {
        let words = header[...].trimmingBlanks.split(atASCII: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let halves = words[1].split(atASCII: "/")
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(atASCII: "-")
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]),
            first <= last, last < .max
        else { return nil }
        let total = Self.number(halves[1])
        guard halves[1] == "*" || total.map({ last < $0 }) == true else { return nil }
        self.init(range: first..<(last + 1), total: total)
    }

    /// The header of a 416: `bytes */100`.
    package static func unsatisfied(total: Int64) -> String { "bytes */\(total)" }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy(\.isASCIIDigit) ? Int64(text) : nil
    }
}

extension ContentRange: CustomStringConvertible {
    package var description: String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total.map { "\($0)" } ?? "*")"
    }
}
