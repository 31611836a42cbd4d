// Tag: a movable name for a manifest.

/// A tag by the grammar of the OCI distribution-spec ("Pulling manifests"):
/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
package struct Tag: Hashable, Sendable {
    package static let maximumLength = 128

    private let text: String

    /// - Throws: `TAG_INVALID`, saying what is wrong with `text`.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        guard (1...Self.maximumLength).contains(text.utf8.count) else {
            throw RegistryError(
                .tagInvalid, "tag \(text.excerpt) has not 1 to \(Self.maximumLength) characters")
        }
        let isValid = text.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "-"): index > 0
            case UInt8(ascii: "_"): true
            default: byte.isASCIIAlphanumeric
            }
        }
        guard isValid else {
            throw RegistryError(
                .tagInvalid,
                """
                tag \(text.excerpt) is not made of letters, digits, '_', '.' and '-', \
                or starts with '.' or '-'
                """)
        }
        self.text = String(text)
    }
}

extension Tag: CustomStringConvertible {
    package var description: String { text }
}

extension Tag: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
