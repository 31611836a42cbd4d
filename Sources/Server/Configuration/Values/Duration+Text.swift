/// Spans of time, as they are written in a configuration.
import OCI

extension Duration {
    /// One or more whole numbers with a unit, the larger unit first: `500ms`, `60s`, `5m`, `1h30m`,
    /// `7d`. A number without a unit is refused, for it says nothing to the next reader.
    init(parsing text: String) throws(InvalidValue) {
        var total: Int64 = 0
        var rest = text[...]
        var units = Self.units[...]
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let number = Int64(digits) else { throw Self.malformed(text) }
            guard !name.isEmpty else { throw Self.malformed(text, isMissingUnit: rest.isEmpty) }
            guard let index = units.firstIndex(where: { $0.name == name }) else {
                throw Self.malformed(text)
            }
            let part = number.multipliedReportingOverflow(by: units[index].milliseconds)
            let sum = total.addingReportingOverflow(part.partialValue)
            guard !part.overflow, !sum.overflow else {
                throw InvalidValue("\(text.excerpt) is too long a duration")
            }
            total = sum.partialValue
            units = units[(index + 1)...]
        } while !rest.isEmpty
        self = .milliseconds(total)
    }

    /// The form that ``init(parsing:)`` reads, in whole milliseconds.
    var text: String {
        var rest = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in Self.units.dropFirst() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
        ("ms", 1),
    ]

    private static func malformed(_ text: String, isMissingUnit: Bool = false) -> InvalidValue {
        let hint = isMissingUnit ? "; write the unit: \(text)s or \(text)m" : ""
        return InvalidValue(
            "expected a duration such as 500ms, 60s, 5m, 1h30m or 7d, not \(text.excerpt)\(hint)")
    }
}
