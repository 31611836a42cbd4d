// A container image as the tests know it.

/// Where an image is in the registry, and the digests that a right pull of it ends with.
struct Image: Sendable {
    /// The repository's name in the registry, such as `library/base`.
    let repository: String
    let tag: String
    /// The digest of what the tag names: the index.
    let index: String
    /// The index's size in bytes.
    let indexSize: Int
    /// The image manifests of the index by architecture.
    let manifests: [String: Manifest]

    /// One platform's image.
    struct Manifest: Sendable {
        let digest: String
        let config: String
        /// The layers' digests, lowest first.
        let layers: [String]

        /// Everything that a pull of this image reads from `/blobs/`.
        var blobs: [String] { [config] + layers }
    }

    /// The image for linux/amd64, which the clients under test ask for by themselves.
    var amd64: Manifest { get throws { try manifest(for: "amd64") } }

    /// The image for linux on `architecture`.
    func manifest(for architecture: String) throws -> Manifest {
        guard let manifest = manifests[architecture] else {
            throw ToolFailure(command: ["image"], reason: "none for \(architecture)")
        }
        return manifest
    }
}
