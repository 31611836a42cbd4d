/// Amounts of data, as they are written in a configuration.
import OCI

/// A number of bytes, never negative. Written `50GiB`, `500MB` or `1073741824`.
struct ByteCount: Sendable, Hashable {
    let bytes: Int64

    /// - Precondition: `bytes` is not negative.
    init(_ bytes: Int64) {
        precondition(bytes >= 0)
        self.bytes = bytes
    }

    /// A whole number, then a unit: K, M, G or T stand for powers of 1000, and with an `i` behind
    /// them for powers of 1024. A closing `B`, blanks before the unit and the case do not matter.
    init(parsing text: String) throws(InvalidValue) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let number = Int64(digits), let factor = Self.factor(of: unit) else {
            throw InvalidValue(
                "expected a size such as 50GiB, 500MB or a number of bytes, not \(text.excerpt)")
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw InvalidValue("\(text.excerpt) is too large a size") }
        self.bytes = bytes
    }

    private static let prefixes: [(letter: Character, power: Int)] = [
        ("t", 4), ("g", 3), ("m", 2), ("k", 1),
    ]

    private static func factor(of unit: String) -> Int64? {
        let name = unit.hasSuffix("b") ? unit.dropLast() : unit[...]
        guard let letter = name.first else { return 1 }
        guard let prefix = prefixes.first(where: { $0.letter == letter }) else { return nil }
        switch name.dropFirst() {
        case "": return power(prefix.power, of: 1000)
        case "i": return power(prefix.power, of: 1024)
        default: return nil
        }
    }

    private static func power(_ exponent: Int, of base: Int64) -> Int64 {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}

extension ByteCount: CustomStringConvertible {
    /// The same number in the largest unit that divides it; it parses back to itself.
    var description: String {
        guard bytes > 0 else { return "0B" }
        for (base, mark) in [(1024 as Int64, "i"), (1000, "")] {
            for (letter, exponent) in Self.prefixes {
                let factor = Self.power(exponent, of: base)
                if bytes.isMultiple(of: factor) {
                    return "\(bytes / factor)\(letter.uppercased())\(mark)B"
                }
            }
        }
        return "\(bytes)B"
    }
}
