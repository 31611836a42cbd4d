/// What a store should hold, as a few dictionaries.
import OCI
import TestKit

@testable import CacheStore

/// The content that a run works with: layers that images share, images, indexes over them.
struct ModelContent {
    let layers: [[UInt8]]
    let images: [SyntheticImage]
    let indexes: [SyntheticIndex]

    init(_ random: inout SeededGenerator) {
        let layers = (0..<14).map { number in
            let count = Int.random(in: 1...60_000, using: &random)
            return SeededBytes.make(count: count, seed: random.next() &+ UInt64(number))
        }
        let images = (0..<12).map { number in
            let count = Int.random(in: 1...3, using: &random)
            // Twice the same layer is as good as once.
            let chosen = (0..<count).map { _ in Int.random(in: 0..<14, using: &random) }
            return SyntheticImage(
                seed: UInt64(number), layers: chosen.map { layers[$0] })
        }
        (self.layers, self.images) = (layers, images)
        indexes = (0..<3).map { number in
            SyntheticIndex(
                images: images[number * 3..<number * 3 + 3].map { ("amd64", $0) })
        }
    }

    /// Everything, by its digest.
    var manifests: [(digest: Digest, bytes: [UInt8])] {
        images.map { ($0.digest, $0.manifest) } + indexes.map { ($0.digest, $0.index) }
    }

    var blobs: [[UInt8]] { layers + images.map(\.config) }
}

/// Which digests are there, when each was last asked for, and what keeps it.
struct StoreModel {
    var accessedAt: [Digest: Int64] = [:]
    var pins: Set<Digest> = []
    /// Config and layers of each image, images of each index.
    private let parts: [Digest: Set<Digest>]
    private let listed: [Digest: Set<Digest>]

    init(_ content: ModelContent) {
        parts = Dictionary(
            uniqueKeysWithValues: content.images.map {
                ($0.digest, Set($0.blobs.map { .sha256(of: $0) }))
            })
        listed = Dictionary(
            uniqueKeysWithValues: content.indexes.map {
                ($0.digest, Set($0.images.map(\.image.digest)))
            })
    }

    var stored: Set<Digest> { Set(accessedAt.keys) }

    /// What a pin keeps: the digest, the images of an index, the layers of an image.
    var pinned: Set<Digest> {
        let present = stored
        let images = pins.union(pins.intersection(present).flatMap { listed[$0] ?? [] })
        return images.union(images.intersection(present).flatMap { parts[$0] ?? [] })
            .intersection(present)
    }

    func parts(of image: Digest) -> Set<Digest> { parts[image] ?? [] }

    func isManifest(_ digest: Digest) -> Bool { parts[digest] != nil || listed[digest] != nil }
}
