// ManifestDocument: the JSON fields of a manifest that Larder reads.

import FoundationEssentials

/// The fields of an image manifest and of an index together, as decoded, before it is decided which
/// of the two they make.
struct ManifestDocument: Decodable {
    static let maximumDepth = 64

    let schemaVersion: Int?
    let mediaType: String?
    let artifactType: String?
    let config: Descriptor?
    let layers: [Descriptor]?
    let manifests: [Descriptor]?
    let subject: Descriptor?
    let annotations: [String: String]
    /// Whether there is a `manifests`, be it `null`, as Go writes an empty list.
    let namesManifests: Bool
    /// Whether there is an `fsLayers`, which only schema 1 has.
    let namesFSLayers: Bool

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion
        case mediaType
        case artifactType
        case config
        case layers
        case manifests
        case subject
        case annotations
        case fsLayers
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.unambiguousContainer(keyedBy: CodingKeys.self)
        schemaVersion = try container.decodeIfPresent(Int.self, forKey: .schemaVersion)
        mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        config = try container.decodeIfPresent(Descriptor.self, forKey: .config)
        layers = try container.decodeIfPresent([Descriptor].self, forKey: .layers)
        manifests = try container.decodeIfPresent([Descriptor].self, forKey: .manifests)
        subject = try container.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations =
            try container.decodeIfPresent([String: String?].self, forKey: .annotations)?
            .compactMapValues { $0 } ?? [:]
        namesManifests = container.contains(.manifests)
        namesFSLayers = container.contains(.fsLayers)
    }

    /// - Throws: `MANIFEST_INVALID` for what is not JSON, nested too deep (R46), or has fields
    ///   that are missing, of a wrong type, or ambiguous (R10).
    static func decode(_ bytes: [UInt8]) throws(RegistryError) -> ManifestDocument {
        try JSONShape.check(bytes, maximumDepth: maximumDepth)
        do {
            return try JSONDecoder().decode(ManifestDocument.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw RegistryError(.manifestInvalid, "manifest \(error.reason)")
        } catch {
            throw RegistryError(.manifestInvalid, "manifest cannot be decoded")
        }
    }
}

extension DecodingError {
    /// What is wrong and where, on one line.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, let context):
            "lacks \(Self.path(context.codingPath + [key]))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "has a value of the wrong type at \(Self.path(context.codingPath))"
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            "is not valid JSON, or holds a number out of range"
        case .dataCorrupted(let context):
            "is wrong at \(Self.path(context.codingPath)): \(context.debugDescription)"
        @unknown default:
            "cannot be decoded"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }
            .joined(separator: ".").excerpt
    }
}
