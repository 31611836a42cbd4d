// Reference: how a manifest is asked for.

/// The `<reference>` of the OCI distribution-spec: a tag or a digest.
package enum Reference: Hashable, Sendable {
    case tag(Tag)
    case digest(Digest)

    /// Nil of a tag.
    package var digest: Digest? { if case .digest(let digest) = self { digest } else { nil } }

    /// Text with a `:` is a digest, any other a tag.
    ///
    /// - Throws: `DIGEST_INVALID` or `TAG_INVALID`.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self = .digest(try Digest(text))
        } else {
            self = .tag(try Tag(text))
        }
    }
}

extension Reference: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tag(let tag): tag.description
        case .digest(let digest): digest.description
        }
    }
}
