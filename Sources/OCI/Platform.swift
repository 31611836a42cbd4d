// Platform: what machine an image runs on.

/// A platform of the OCI image-spec ("Image Index"), written `linux/amd64` or `linux/arm/v7`.
///
/// Parts are made of letters, digits, `.`, `_` and `-`, so that a platform can be shown as it is.
package struct Platform: Hashable, Sendable {
    package let os: String
    package let architecture: String
    package let variant: String?
    /// Of Windows images, such as `10.0.17763.1457`; does not take part in matching.
    package let osVersion: String?

    /// `os/architecture[/variant]`. The names `x86_64` and `aarch64` are understood.
    ///
    /// - Throws: `MANIFEST_INVALID` for any other shape.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        let parts = Substring(text).split(atASCII: "/")
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && Self.isPart($0) })
        else {
            throw RegistryError(
                .manifestInvalid,
                "platform \(text.excerpt) is not of the form os/architecture[/variant]")
        }
        os = parts[0].lowercased()
        architecture = Self.canonicalArchitecture(parts[1].lowercased())
        variant = parts.count == 3 ? parts[2].lowercased() : nil
        osVersion = nil
    }

    /// Whether content for `other` is content for this platform: the same system and
    /// architecture, and the same variant unless one of the two leaves it open.
    package func matches(_ other: Platform) -> Bool {
        guard os == other.os, architecture == other.architecture else { return false }
        guard let mine = variant, let theirs = other.variant else { return true }
        return mine == theirs
    }

    /// Whether the two say the same thing: `arm64` is `arm64/v8`, and `amd64` is `amd64/v1`.
    func isSame(as other: Platform) -> Bool {
        os == other.os && architecture == other.architecture
            && effectiveVariant == other.effectiveVariant
    }

    private var effectiveVariant: String? {
        switch (architecture, variant) {
        case ("arm64", nil): "v8"
        case ("amd64", nil): "v1"
        default: variant
        }
    }

    private static func canonicalArchitecture(_ name: String) -> String {
        switch name {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: name
        }
    }

    private static func isPart(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { byte in
            byte.isASCIIAlphanumeric || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
    }
}

extension Platform: CustomStringConvertible {
    package var description: String {
        variant.map { "\(os)/\(architecture)/\($0)" } ?? "\(os)/\(architecture)"
    }
}

extension Platform: Codable {
    private enum CodingKeys: String, CodingKey {
        case os
        case architecture
        case variant
        case osVersion = "os.version"
    }

    /// From the object form that an index's descriptors hold. Empty parts count as left out.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func part(_ key: CodingKeys) throws -> String? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else {
                return nil
            }
            guard Self.isPart(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "odd platform \(text.excerpt)")
            }
            return text.isEmpty ? nil : text
        }
        os = try part(.os) ?? ""
        architecture = try part(.architecture) ?? ""
        variant = try part(.variant)
        osVersion = try part(.osVersion)
    }
}
