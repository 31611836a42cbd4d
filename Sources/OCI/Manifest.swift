// Manifest: an image manifest or an index, as the registry sent it.

/// A manifest with its own bytes, which are never re-encoded, because its digest is theirs (R7).
package struct Manifest: Sendable {
    /// 4 MiB, the size that the OCI distribution-spec has registries accept and that clients
    /// read no further than (R44).
    package static let maximumBytes = 4 * 1024 * 1024

    package enum Content: Hashable, Sendable {
        case image(config: Descriptor, layers: [Descriptor])
        case index([Descriptor])
    }

    package let bytes: [UInt8]
    package let mediaType: MediaType
    package let content: Content
    /// Foreign text, as in the document; like the annotations not fit for a header as it is.
    package let artifactType: String?
    /// What this manifest refers to (OCI image-spec, "Associated manifests").
    package let subject: Descriptor?
    package let annotations: [String: String]

    /// Reads an OCI or Docker schema 2 image manifest or index.
    ///
    /// The type is the document's own `mediaType`, else `contentType`, else deduced from the
    /// fields. A `contentType` of `application/json` or `application/octet-stream` states
    /// nothing.
    ///
    /// - Throws: `MANIFEST_INVALID` for bytes that are too many, no JSON, or nested more than
    ///   64 levels deep (R46); that can be read in two ways (R10); or that are schema 1.
    package init(bytes: [UInt8], contentType: MediaType?) throws(RegistryError) {
        guard bytes.count <= Self.maximumBytes else {
            throw Self.invalid("is larger than \(Self.maximumBytes) bytes")
        }
        if let contentType, contentType.isSchema1 { throw Self.schema1 }
        let document = try ManifestDocument.decode(bytes)
        let mediaType = try Self.mediaType(of: document, contentType: contentType)
        content = try Self.content(of: document, mediaType: mediaType)
        self.mediaType = mediaType
        self.bytes = bytes
        artifactType = document.artifactType
        subject = document.subject
        annotations = document.annotations
    }

    private static func mediaType(
        of document: ManifestDocument, contentType: MediaType?
    ) throws(RegistryError) -> MediaType {
        let stated = contentType.flatMap { $0.isGeneric ? nil : $0 }
        let own = document.mediaType.flatMap { $0.isEmpty ? nil : MediaType(rawValue: $0) }
        if document.schemaVersion == 1 || document.namesFSLayers || own?.isSchema1 == true {
            throw schema1
        }
        guard (document.schemaVersion ?? 2) == 2 else {
            throw invalid("has another schemaVersion than 2")
        }
        if let own, let stated, own != stated {
            throw invalid("says that it is \(own), but was sent as \(stated)")
        }
        let mediaType = own ?? stated ?? (document.namesManifests ? .ociIndex : .ociManifest)
        guard mediaType.isIndex || mediaType.isImageManifest else {
            throw invalid("is of type \(mediaType), which is neither an image nor an index")
        }
        return mediaType
    }

    private static func content(
        of document: ManifestDocument, mediaType: MediaType
    ) throws(RegistryError) -> Content {
        let hasImageFields = document.config != nil || document.layers != nil
        switch (hasImageFields, document.manifests != nil) {
        case (true, true):
            throw invalid("is ambiguous: it has manifests as well as config or layers")
        case (true, false) where mediaType.isIndex:
            throw invalid("is ambiguous: it is an index by type, but has config or layers")
        case (false, true) where mediaType.isImageManifest:
            throw invalid("is ambiguous: it is an image by type, but has manifests")
        default: break
        }
        if mediaType.isIndex { return .index(document.manifests ?? []) }
        guard let config = document.config else {
            throw invalid("has neither a config nor manifests")
        }
        return .image(config: config, layers: document.layers ?? [])
    }

    private static let schema1 = invalid(
        "is of Docker's schema 1, which is obsolete and not supported; push the image again")

    private static func invalid(_ reason: String) -> RegistryError {
        RegistryError(.manifestInvalid, "manifest \(reason)")
    }
}
