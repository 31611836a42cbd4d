/// A moment as the documents write it: RFC 3339, UTC, whole seconds.

import FoundationEssentials

struct Timestamp: Hashable, Sendable {
    let unixSeconds: Int64

    init(_ unixSeconds: Int64) {
        self.unixSeconds = unixSeconds
    }

    /// - Parameter text: RFC 3339 of any offset, with `T` and `Z` in upper case; fractions of a
    ///   second are dropped.
    init?(rfc3339 text: String) {
        let local = text.prefix(19)
        let rest = text.dropFirst(19)
        guard let date = try? Date.ISO8601FormatStyle(timeZone: .gmt).parse("\(local)Z"),
            let offset = Self.offset(rest.first == "." ? Self.withoutFraction(rest) : rest)
        else { return nil }
        let unshifted = Timestamp(Int64(date.timeIntervalSince1970))
        // The parser takes 30 February for 1 March.
        guard unshifted.description == "\(local)Z" else { return nil }
        self.init(unshifted.unixSeconds - offset)
    }

    private static func withoutFraction(_ text: Substring) -> Substring {
        let rest = text.dropFirst().drop { $0.isASCII && $0.isNumber }
        return rest.count < text.count - 1 ? rest : ""
    }

    /// Seconds east of Greenwich that `Z` or `+02:00` stands for.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let sign = text.first, sign == "+" || sign == "-", parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isNumber) }),
            let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return (sign == "+" ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}

extension Timestamp: CustomStringConvertible {
    var description: String {
        Date(timeIntervalSince1970: Double(unixSeconds))
            .formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
    }
}

extension Timestamp: Comparable {
    static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.unixSeconds < right.unixSeconds
    }
}

extension Timestamp: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text) is no RFC 3339 timestamp")
        }
        self = timestamp
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
