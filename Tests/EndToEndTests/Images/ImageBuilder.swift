// Makes images that real clients can unpack, and puts them into a registry's storage.

import Foundation

/// Media types of the images made here.
enum OCIMediaType {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let uncompressedLayer = "application/vnd.oci.image.layer.v1.tar"
}

/// Builds images from real tar.gz layers, whose `diff_ids` are right: podman, dockerd and
/// containerd check them while they unpack.
struct ImageBuilder {
    let storage: RegistryStorage
    /// For layers under construction; on the storage's file system.
    let workDirectory: URL

    /// Adds an image for linux/amd64 and linux/arm64 with a layer of random bytes of each of the
    /// sizes given, the first of which both platforms share. `compressed: false` saves time with
    /// large ones.
    func addImage(
        _ repository: String, tag: String, layerSizes: [Int], compressed: Bool = true
    ) async throws -> Image {
        let shared = try await makeLayer(
            size: layerSizes[0], compressed: compressed, in: repository)
        var manifests: [String: Image.Manifest] = [:]
        var children: [Descriptor] = []
        for architecture in ["amd64", "arm64"] {
            var layers = [shared]
            for size in layerSizes.dropFirst() {
                layers.append(
                    try await makeLayer(size: size, compressed: compressed, in: repository))
            }
            let (manifest, descriptor) = try await addManifest(
                repository, architecture: architecture, layers: layers)
            manifests[architecture] = manifest
            children.append(descriptor)
        }
        let index = try encode(Index(manifests: children))
        let digest = try await storage.addManifest(index, to: repository, tag: tag)
        return Image(
            repository: repository, tag: tag, index: digest, indexSize: index.count,
            manifests: manifests)
    }

    func addManifest(
        _ repository: String, architecture: String, layers: [Layer], tag: String? = nil
    ) async throws -> (Image.Manifest, Descriptor) {
        let config = try encode(
            Config(
                architecture: architecture,
                rootfs: .init(diffIdentifiers: layers.map(\.diffIdentifier)),
                history: layers.map { _ in .init() }))
        let configDigest = try await storage.addBlob(config, to: repository)
        let bytes = try encode(
            Manifest(
                config: Descriptor(
                    mediaType: OCIMediaType.config, digest: configDigest, size: config.count),
                layers: layers.map(\.descriptor)))
        let digest = try await storage.addManifest(bytes, to: repository, tag: tag)
        let manifest = Image.Manifest(
            digest: digest, config: configDigest, layers: layers.map(\.descriptor.digest))
        let descriptor = Descriptor(
            mediaType: OCIMediaType.manifest, digest: digest, size: bytes.count,
            platform: .init(architecture: architecture))
        return (manifest, descriptor)
    }

    func makeLayer(size: Int, compressed: Bool, in repository: String) async throws
        -> Layer
    {
        let directory = try workDirectory.newDirectory(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let content = try directory.newDirectory("content")
        try Data.random(count: size).write(to: content.appending(path: "data"))
        let tar = directory.appending(path: "layer.tar")
        try await Tool(name: "tar").run([
            "--create", "--owner=0", "--group=0", "--directory", content.path,
            "--file", tar.path, ".",
        ])
        let diffIdentifier = try await sha256(of: tar)
        if compressed { try await Tool(name: "gzip").run(["--fast", "--no-name", tar.path]) }
        let file = compressed ? directory.appending(path: "layer.tar.gz") : tar
        let fileSize = file.fileSize()
        let digest = try await storage.addBlob(movedFrom: file, to: repository)
        return Layer(
            descriptor: Descriptor(
                mediaType: compressed ? OCIMediaType.layer : OCIMediaType.uncompressedLayer,
                digest: digest, size: fileSize),
            diffIdentifier: diffIdentifier)
    }

    /// Encodes `value` as JSON.
    func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    struct Layer {
        let descriptor: Descriptor
        /// The digest of the uncompressed tar.
        let diffIdentifier: String
    }
}

extension Data {
    /// Bytes that no compression shortens.
    static func random(count: Int) throws -> Data {
        let source = try FileHandle(forReadingFrom: URL(filePath: "/dev/urandom"))
        defer { try? source.close() }
        return try source.read(upToCount: count) ?? Data()
    }
}
