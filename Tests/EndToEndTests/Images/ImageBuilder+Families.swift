// Images that share their base layer.

extension ImageBuilder {
    /// Adds `count` images for linux/amd64 to one repository, tagged 0, 1, …: a base layer that
    /// they share, and one layer of each image's own.
    /// - Parameters:
    ///   - base: bytes of the base layer.
    ///   - top: bytes of the layer above it.
    func addFamily(_ repository: String, count: Int, base: Int, top: Int) async throws -> [Image] {
        let shared = try await makeLayer(size: base, compressed: false, in: repository)
        var images: [Image] = []
        for number in 0..<count {
            let own = try await makeLayer(size: top, compressed: false, in: repository)
            let (manifest, descriptor) = try await addManifest(
                repository, architecture: "amd64", layers: [shared, own], tag: "\(number)")
            images.append(
                Image(
                    repository: repository, tag: "\(number)", index: descriptor.digest,
                    indexSize: descriptor.size, manifests: ["amd64": manifest]))
        }
        return images
    }
}
