// The JSON documents of OCI images, as far as the tests write them (OCI image-spec 1.1).

/// A reference to content: type, digest and size.
struct Descriptor: Codable {
    struct Platform: Codable {
        var os = "linux"
        let architecture: String
    }

    let mediaType: String
    let digest: String
    let size: Int
    var platform: Platform?
}

/// An image index.
struct Index: Encodable {
    let schemaVersion = 2
    let mediaType = OCIMediaType.index
    let manifests: [Descriptor]
}

/// An image manifest, or an artifact's.
struct Manifest: Encodable {
    let schemaVersion = 2
    let mediaType = OCIMediaType.manifest
    var artifactType: String?
    let config: Descriptor
    let layers: [Descriptor]
    /// What a referrer refers to.
    var subject: Descriptor?
}

/// An image configuration.
struct Config: Encodable {
    struct RootFileSystem: Encodable {
        enum CodingKeys: String, CodingKey {
            case type
            case diffIdentifiers = "diff_ids"
        }

        let type = "layers"
        let diffIdentifiers: [String]
    }

    struct History: Encodable {
        enum CodingKeys: String, CodingKey {
            case createdBy = "created_by"
        }

        let createdBy = "tests"
    }

    let os = "linux"
    let architecture: String
    let rootfs: RootFileSystem
    let history: [History]
}
