// The on-disk storage of docker-registry, filled without a push.

import Foundation

/// A storage directory of docker-registry (its `filesystem` driver) that images are written to.
///
/// Content is put in place as a push would leave it, which is quick and takes any manifest, also
/// those that old push clients refuse.
struct RegistryStorage: Sendable {
    /// The driver's root directory.
    let root: URL

    /// Moves the file at `source` into the storage as a blob of `repository`.
    /// - Returns: its digest.
    func addBlob(movedFrom source: URL, to repository: String) async throws -> String {
        let digest = try await sha256(of: source)
        try addBlob(movedFrom: source, digest: digest, to: repository)
        return digest
    }

    /// Moves a file whose digest is known into the storage as a blob of `repository`.
    func addBlob(movedFrom source: URL, digest: String, to repository: String) throws {
        let hex = String(digest.dropFirst("sha256:".count))
        let directory = v2.appending(path: "blobs/sha256/\(hex.prefix(2))/\(hex)")
        try link(digest, at: "\(repository)/_layers/sha256/\(hex)")
        guard !FileManager.default.fileExists(atPath: directory.path) else { return }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: source, to: directory.appending(path: "data"))
    }

    /// Adds `bytes` as a blob of `repository`.
    /// - Returns: its digest.
    func addBlob(_ bytes: Data, to repository: String) async throws -> String {
        let file = root.appending(path: "incoming-\(UUID().uuidString)")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await addBlob(movedFrom: file, to: repository)
    }

    /// Adds `bytes` as a manifest of `repository`, under `tag` where one is given.
    /// - Returns: its digest.
    func addManifest(_ bytes: Data, to repository: String, tag: String? = nil) async throws
        -> String
    {
        let digest = try await addBlob(bytes, to: repository)
        let hex = digest.dropFirst("sha256:".count)
        try link(digest, at: "\(repository)/_manifests/revisions/sha256/\(hex)")
        if let tag {
            try link(digest, at: "\(repository)/_manifests/tags/\(tag)/current")
            try link(digest, at: "\(repository)/_manifests/tags/\(tag)/index/sha256/\(hex)")
        }
        return digest
    }

    private var v2: URL { root.appending(path: "docker/registry/v2") }

    private func link(_ digest: String, at path: String) throws {
        let directory = try v2.appending(path: "repositories").newDirectory(path)
        try directory.write(digest, to: "link")
    }
}

/// The digest of a file's content, as `sha256:<hex>`.
func sha256(of file: URL) async throws -> String {
    let output = try await Tool(name: "openssl").run(["dgst", "-sha256", "-r", file.path])
    return "sha256:" + output.prefix(64)
}
