// Small made-up images whose bytes are the same in every run.
import OCI

/// An image manifest with a config and layers of seeded bytes.
package struct SyntheticImage: Sendable {
    package let config: [UInt8]
    package let layers: [[UInt8]]
    package let manifest: [UInt8]

    /// - Parameters:
    ///   - seed: other seeds give other bytes.
    ///   - layerSizes: in bytes, one layer each.
    package init(
        seed: UInt64 = 1, layerSizes: [Int] = [1000, 20_000], os: String = "linux",
        architecture: String = "amd64"
    ) {
        let layers = layerSizes.enumerated().map { index, size in
            SeededBytes.make(count: size, seed: seed &* 1000 &+ UInt64(index))
        }
        self.init(seed: seed, layers: layers, os: os, architecture: architecture)
    }

    /// An image of given layers, which other images may have too.
    package init(
        seed: UInt64, layers: [[UInt8]], os: String = "linux", architecture: String = "amd64"
    ) {
        let diffIDs = layers.map { "\"\(Digest.sha256(of: $0))\"" }.joined(separator: ",")
        let config = """
            {"architecture":"\(architecture)","os":"\(os)","config":{},\
            "rootfs":{"type":"layers","diff_ids":[\(diffIDs)]},"seed":\(seed)}
            """
        self.layers = layers
        self.config = Array(config.utf8)
        self.manifest = Self.manifest(config: self.config, layers: layers)
    }

    package var configDigest: Digest { .sha256(of: config) }
    /// Config and layers.
    package var blobs: [[UInt8]] { [config] + layers }
    package var digest: Digest { .sha256(of: manifest) }
    package var layerDigests: [Digest] { layers.map(Digest.sha256(of:)) }

    private static func manifest(config: [UInt8], layers: [[UInt8]]) -> [UInt8] {
        let layerDescriptors = layers.map {
            descriptor("application/vnd.oci.image.layer.v1.tar", $0)
        }
        let json = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":\(descriptor("application/vnd.oci.image.config.v1+json", config)),\
            "layers":[\(layerDescriptors.joined(separator: ","))]}
            """
        return Array(json.utf8)
    }

    private static func descriptor(_ mediaType: String, _ bytes: [UInt8]) -> String {
        """
        {"mediaType":"\(mediaType)","digest":"\(Digest.sha256(of: bytes))","size":\(bytes.count)}
        """
    }
}

/// An image index over several platforms.
package struct SyntheticIndex: Sendable {
    package let images: [(architecture: String, image: SyntheticImage)]
    package let index: [UInt8]

    package init(seed: UInt64 = 1, architectures: [String] = ["amd64", "arm64"]) {
        let images = architectures.enumerated().map { number, architecture in
            let image = SyntheticImage(seed: seed &+ UInt64(number), architecture: architecture)
            return (architecture: architecture, image: image)
        }
        self.init(images: images)
    }

    package init(images: [(architecture: String, image: SyntheticImage)]) {
        let entries = images.map { entry in
            """
            {"mediaType":"\(MediaType.ociManifest)","digest":"\(entry.image.digest)",\
            "size":\(entry.image.manifest.count),\
            "platform":{"architecture":"\(entry.architecture)","os":"linux"}}
            """
        }
        self.images = images
        self.index = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)",\
            "manifests":[\(entries.joined(separator: ","))]}
            """.utf8)
    }

    package var digest: Digest { .sha256(of: index) }
}

extension ScriptedRegistry {
    /// Adds the index under `tags`, and all its images under their digests.
    package func add(
        repository: String, index: SyntheticIndex, tags: [String] = ["latest"]
    ) {
        for (_, image) in index.images { add(repository: repository, image: image, tags: []) }
        add(repository: repository, manifest: index.index, mediaType: .ociIndex, tags: tags)
    }
}

/// Bytes that look random and are the same for the same seed (SplitMix64).
package enum SeededBytes {
    package static func make(count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var index = 0
            while index < count {
                state &+= 0x9E37_79B9_7F4A_7C15
                var word = state
                word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
                word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
                word ^= word >> 31
                for _ in 0..<min(8, count - index) {
                    buffer[index] = UInt8(truncatingIfNeeded: word)
                    word >>= 8
                    index += 1
                }
            }
            initialized = count
        }
    }
}
