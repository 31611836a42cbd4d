/// Spans of time as go-docker-proxy's environment has them.
import OCI

enum GoDuration {
    /// Numbers with a unit, added up: Go's `time.ParseDuration`, and the units d, w, M (30 days)
    /// and y (365 days). `0` needs no unit. Rounded to milliseconds.
    static func parse(_ text: String) throws(InvalidValue) -> Duration {
        if text == "0" { return .zero }
        var total = 0.0
        var rest = text[...]
        repeat {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard number.first?.isNumber == true, let count = Double(number),
                let milliseconds = units[String(unit)]
            else { throw malformed(text) }
            total += count * milliseconds
        } while !rest.isEmpty
        guard total <= longest else { throw InvalidValue("\(text.excerpt) is too long a duration") }
        return .milliseconds(Int64(total.rounded()))
    }

    private static let day = 86_400_000.0
    /// A thousand years, in milliseconds.
    private static let longest = 365_000 * day

    /// In milliseconds.
    private static let units: [String: Double] = [
        "ns": 0.000001, "us": 0.001, "\u{b5}s": 0.001, "\u{3bc}s": 0.001, "ms": 1, "s": 1000,
        "m": 60_000, "h": 3_600_000, "d": day, "w": 7 * day, "M": 30 * day, "y": 365 * day,
    ]

    private static func malformed(_ text: String) -> InvalidValue {
        InvalidValue("expected a duration such as 1h30m, 1d, 2w, 6M or 1y, not \(text.excerpt)")
    }
}
