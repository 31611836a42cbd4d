/// Host names, as upstreams, aliases, virtual hosts and realms are named.

/// A host name in lower case: labels of letters, digits, `-` and `_` (RFC 1123 §2.1, with the
/// underscore that container networks use), at most 253 characters.
struct HostName: Sendable, Hashable {
    let text: String

    init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else { return nil }
        self.text = text
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"),
            label.last != UInt8(ascii: "-")
        else { return false }
        return label.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
