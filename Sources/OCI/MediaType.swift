// MediaType: what kind of content bytes are.

/// A media type without parameters, normalised so that two spellings of one type are equal.
///
/// The raw value is always `type/subtype` in lower case, made of RFC 9110 token characters and at
/// most 255 long, so that it can be sent in a header as it is (R74).
package struct MediaType: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    /// Lower-cases, and drops parameters and blanks. What is no media type at all becomes
    /// `application/octet-stream`, which is what content of unknown type counts as
    /// (RFC 9110 §8.3).
    package init(rawValue: String) {
        self.rawValue = Self.normalized(rawValue[...]) ?? "application/octet-stream"
    }

    /// As `init(rawValue:)`, but nil for what is no media type.
    init?(exactly text: Substring) {
        guard let normalized = Self.normalized(text) else { return nil }
        rawValue = normalized
    }

    private static func normalized(_ text: Substring) -> String? {
        let essence = Substring(text.utf8.prefix { $0 != UInt8(ascii: ";") }).trimmingBlanks
        guard essence.utf8.count <= 255, let slash = essence.utf8.firstIndex(of: UInt8(ascii: "/"))
        else { return nil }
        for half in [essence.utf8[..<slash], essence.utf8[slash...].dropFirst()] {
            guard !half.isEmpty, half.allSatisfy(\.isHTTPTokenCharacter) else { return nil }
        }
        return essence.utf8.contains(where: \.isASCIIUppercase)
            ? essence.lowercased() : String(essence)
    }
}

extension MediaType {
    package static let ociIndex = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    package static let ociManifest = MediaType(
        rawValue: "application/vnd.oci.image.manifest.v1+json")
    package static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    package static let dockerManifest = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    package static let dockerSchema1 = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.v1+json")
    package static let dockerSchema1Signed = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.v1+prettyjws")
    package static let octetStream = MediaType(rawValue: "application/octet-stream")
    package static let json = MediaType(rawValue: "application/json")

    /// The fixed, wide `Accept` with which manifests are asked for upstream, so that what is
    /// stored never depends on which client came first (R9).
    package static let manifestTypes: [MediaType] = [
        .ociIndex, .ociManifest, .dockerManifestList, .dockerManifest,
    ]

    package var isIndex: Bool { self == .ociIndex || self == .dockerManifestList }
    package var isImageManifest: Bool { self == .ociManifest || self == .dockerManifest }
    package var isSchema1: Bool { self == .dockerSchema1 || self == .dockerSchema1Signed }

    /// Says nothing about what a manifest is, as servers send where they do not know.
    var isGeneric: Bool { self == .octetStream || self == .json }
}

extension MediaType: CustomStringConvertible {
    package var description: String { rawValue }
}

extension MediaType: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
