/// What a request's Authorization field holds, read but not yet believed.

import FoundationEssentials
import Upstream

enum PresentedCredential: Sendable {
    case none
    case basic(Credential)
    case bearer(String)
    /// Another scheme, or no valid value of its own.
    case unusable

    /// - Parameter field: nil where the request has none.
    init(_ field: String?) {
        guard let field else {
            self = .none
            return
        }
        guard let space = field.firstIndex(of: " ") else {
            self = .unusable
            return
        }
        let value = field[space...].drop { $0 == " " }
        switch field[..<space].lowercased() {
        case "basic": self = Self.credential(value).map(Self.basic) ?? .unusable
        case "bearer" where !value.isEmpty: self = .bearer(String(value))
        default: self = .unusable
        }
    }

    /// RFC 7617 §2: the name ends at the first colon; neither holds control characters.
    private static func credential(_ text: Substring) -> Credential? {
        guard let data = Data(base64Encoded: String(text)),
            let pair = String(validating: data, as: UTF8.self),
            let colon = pair.firstIndex(of: ":"), colon > pair.startIndex,
            pair.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return Credential(
            username: String(pair[..<colon]),
            password: Secret(String(pair[pair.index(after: colon)...])))
    }
}
