// skopeo, which copies an image out of a registry into a directory.

import Foundation

/// skopeo with an empty directory of its own.
struct Skopeo: Sendable {
    let directory: URL
    /// `user:password`.
    var credential: String?

    /// Copies one platform's image by its direct name into `directory/image`.
    /// - Returns: the configuration's digest. skopeo itself compares the digests of all blobs.
    func pull(
        _ image: Image, upstream: String = "docker.io", architecture: String,
        through larder: LarderProcess
    ) async throws -> String {
        let target = directory.appending(path: "image")
        try await Tool(name: "skopeo", environment: .isolated(in: directory)).run(
            [
                "--insecure-policy", "--override-os", "linux", "--override-arch", architecture,
                "copy", "--quiet", "--src-tls-verify=false",
            ] + (credential.map { ["--src-creds", $0] } ?? []) + [
                "docker://\(larder.address)/\(upstream)/\(image.repository):\(image.tag)",
                "dir:\(target.path)",
            ])
        let manifest = try Data(contentsOf: target.appending(path: "manifest.json"))
        return try PulledManifest(manifest).config
    }
}

/// What the tests read from an image manifest that a client holds.
struct PulledManifest {
    /// The digest of the configuration.
    let config: String

    /// Parses a manifest's JSON.
    init(_ json: Data) throws {
        struct Document: Decodable {
            struct Reference: Decodable { let digest: String }
            let config: Reference
        }
        config = try JSONDecoder().decode(Document.self, from: json).config.digest
    }
}
