// RepositoryName: the name of a repository within a registry.

/// A repository name by the grammar of the OCI distribution-spec ("Pulling manifests"), such as
/// `library/nginx`: components of lower-case letters and digits, joined by one `.`, one or two `_`
/// or any number of `-`, and separated by `/`; at most 255 characters (R72).
package struct RepositoryName: Hashable, Sendable {
    package static let maximumLength = 255

    private let text: String

    /// - Throws: `NAME_INVALID`, saying what is wrong with `text`.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw RegistryError(
                .nameInvalid,
                "repository name \(text.excerpt) is longer than \(Self.maximumLength) characters")
        }
        guard Self.isValid(text.utf8) else {
            throw RegistryError(
                .nameInvalid,
                """
                repository name \(text.excerpt) is not made of lower-case letters and digits, \
                joined by '.', '_', '__' or '-' and separated by single '/'
                """)
        }
        self.text = String(text)
    }

    /// The parts between the slashes; never empty, and no part is.
    package var components: [Substring] { text[...].split(atASCII: "/") }

    private static func isValid(_ name: some Sequence<UInt8>) -> Bool {
        var componentIsEmpty = true
        var joint: (byte: UInt8, count: Int)?
        for byte in name {
            switch byte {
            case _ where byte.isASCIILowercase || byte.isASCIIDigit:
                componentIsEmpty = false
                joint = nil
            case UInt8(ascii: "/"):
                if componentIsEmpty || joint != nil { return false }
                componentIsEmpty = true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                let run = joint?.byte == byte ? (joint?.count ?? 0) + 1 : 1
                let startsJoint = joint == nil || joint?.byte == byte
                if componentIsEmpty || !startsJoint || run > longestJoint(of: byte) { return false }
                joint = (byte, run)
            default:
                return false
            }
        }
        return !componentIsEmpty && joint == nil
    }

    private static func longestJoint(of byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "."): 1
        case UInt8(ascii: "_"): 2
        default: maximumLength
        }
    }
}

extension RepositoryName: CustomStringConvertible {
    package var description: String { text }
}

extension RepositoryName: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
