// Reads WWW-Authenticate headers: several challenges in one or several values (RFC 9110 §11.6.1).

/// One challenge as it stands in the header.
package struct OfferedChallenge: Sendable, Equatable {
    /// Lower case.
    package var scheme: String
    package var token68: String?
    /// By lower-case name; of a repeated name the first.
    package var parameters: [String: String]

    package init(scheme: String, token68: String? = nil, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.token68 = token68
        self.parameters = parameters
    }
}

package enum ChallengeParser {
    /// All challenges up to the first that cannot be read; of each value at most 8 KiB, and at
    /// most 16 challenges altogether. Unquoted parameters may hold characters that RFC 9110 wants
    /// quoted, as some registries write `realm=https://…`.
    package static func parse(_ headerValues: [String]) -> [OfferedChallenge] {
        var challenges: [OfferedChallenge] = []
        for value in headerValues where challenges.count < maximumChallenges {
            var cursor = ChallengeCursor(bytes: Array(value.utf8.prefix(8 * 1024)))
            while challenges.count < maximumChallenges, let challenge = cursor.nextChallenge() {
                challenges.append(challenge)
            }
        }
        return challenges
    }

    private static let maximumChallenges = 16
}

private struct ChallengeCursor {
    let bytes: [UInt8]
    var position = 0

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func nextChallenge() -> OfferedChallenge? {
        skipSeparators()
        guard let scheme = token() else { return nil }
        var challenge = OfferedChallenge(scheme: scheme.lowercased())
        guard skipSpaces() > 0 || current == nil || current == UInt8(ascii: ",") else { return nil }
        if let token68 = token68() {
            challenge.token68 = token68
            return challenge
        }
        while let (name, value) = parameter() {
            let key = name.lowercased()
            if challenge.parameters[key] == nil { challenge.parameters[key] = value }
            skipSpaces()
            guard current == UInt8(ascii: ",") else { break }
            skipSeparators()
        }
        return challenge
    }

    /// `name = value`; leaves the position alone where what follows is the next scheme.
    private mutating func parameter() -> (String, String)? {
        let start = position
        guard let name = token() else { return nil }
        skipSpaces()
        guard current == UInt8(ascii: "=") else {
            position = start
            return nil
        }
        position += 1
        skipSpaces()
        guard let value = current == UInt8(ascii: "\"") ? quotedString() : unquoted() else {
            position = bytes.count
            return nil
        }
        return (name, value)
    }

    private mutating func quotedString() -> String? {
        position += 1
        var value: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = current else { return nil }
                value.append(escaped)
                position += 1
            default:
                value.append(byte)
            }
        }
        return nil
    }

    private mutating func unquoted() -> String? {
        take { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    }

    /// A token68 stands alone up to the next comma; anything else leaves the position alone.
    private mutating func token68() -> String? {
        let start = position
        guard let text = take({ Self.isToken68($0) }) else { return nil }
        while current == UInt8(ascii: "=") { position += 1 }
        let padding = String(repeating: "=", count: position - start - text.utf8.count)
        skipSpaces()
        guard current == nil || (current == UInt8(ascii: ",") && position > start) else {
            position = start
            return nil
        }
        return text + padding
    }

    private mutating func token() -> String? {
        take { Self.isTokenCharacter($0) }
    }

    private mutating func take(_ accepts: (UInt8) -> Bool) -> String? {
        let start = position
        while let byte = current, accepts(byte) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    @discardableResult
    private mutating func skipSpaces() -> Int {
        let start = position
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { position += 1 }
        return position - start
    }

    private mutating func skipSeparators() {
        while let byte = current, [UInt8(ascii: ","), UInt8(ascii: " "), 9].contains(byte) {
            position += 1
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// RFC 9110 §11.2, without the padding.
    private static func isToken68(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~+/".utf8.contains(byte)
    }
}
