// Descriptor: a pointer from one piece of content to another.

/// A content descriptor of the OCI image-spec ("OCI Content Descriptors").
///
/// `urls` are dropped on purpose: nothing is ever fetched from an address that a manifest names
/// (R71). Clients read them from the manifest's own bytes, which are kept as they are (R7).
/// Embedded `data` is dropped as well.
package struct Descriptor: Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// In bytes, never negative. Only a hint: a body whose digest verifies is right (R3).
    package let size: Int64
    /// Nil where absent, and where it is too odd to be matched or shown.
    package let platform: Platform?
    package let artifactType: String?
    package let annotations: [String: String]?

    /// - Precondition: `size` is not negative.
    package init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        artifactType: String? = nil, annotations: [String: String]? = nil
    ) {
        precondition(size >= 0, "a size is not negative")
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.artifactType = artifactType
        self.annotations = annotations
    }
}

extension Descriptor: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case mediaType
        case digest
        case size
        case platform
        case artifactType
        case annotations
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.unambiguousContainer(keyedBy: CodingKeys.self)
        let size = try container.decode(Int64.self, forKey: .size)
        guard size >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .size, in: container, debugDescription: "size \(size) is negative")
        }
        self.init(
            mediaType: try container.decodeIfPresent(MediaType.self, forKey: .mediaType)
                ?? .octetStream,
            digest: try container.decode(Digest.self, forKey: .digest),
            size: size,
            platform: try? container.decodeIfPresent(Platform.self, forKey: .platform),
            artifactType: try container.decodeIfPresent(String.self, forKey: .artifactType),
            annotations: try container.decodeIfPresent(
                [String: String?].self, forKey: .annotations)?.compactMapValues { $0 })
    }
}
