// ReferrersIndex: a list of referrers that came in pages (OCI distribution-spec, "Listing
// Referrers").

import FoundationEssentials

/// One index of the descriptors of all pages; what else it says is the first page's.
package struct ReferrersIndex: Sendable {
    private var fields: [String: JSONValue]
    private var descriptors: [JSONValue]

    /// - Throws: `MANIFEST_INVALID` where the first page is not an index, or is nested too deep
    ///   (R46).
    package init(firstPage bytes: [UInt8]) throws(RegistryError) {
        fields = try Self.fields(of: bytes)
        descriptors = try Self.descriptors(in: fields)
    }

    /// - Throws: as the first page.
    package mutating func append(page bytes: [UInt8]) throws(RegistryError) {
        descriptors += try Self.descriptors(in: Self.fields(of: bytes))
    }

    /// The JSON document.
    package var bytes: [UInt8] {
        var document = fields
        document["manifests"] = .array(descriptors)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // What was decoded from JSON, and arrays of it, can be encoded.
        return Array((try? encoder.encode(document)) ?? Data())
    }

    private static func fields(of bytes: [UInt8]) throws(RegistryError) -> [String: JSONValue] {
        try JSONShape.check(bytes, maximumDepth: ManifestDocument.maximumDepth)
        do {
            return try JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
        } catch {
            throw RegistryError(.manifestInvalid, "the list of referrers is not valid JSON")
        }
    }

    private static func descriptors(
        in fields: [String: JSONValue]
    ) throws(RegistryError) -> [JSONValue] {
        switch fields["manifests"] {
        case .array(let descriptors): return descriptors
        case .null: return []
        default: throw RegistryError(.manifestInvalid, "the list of referrers is not an index")
        }
    }
}
