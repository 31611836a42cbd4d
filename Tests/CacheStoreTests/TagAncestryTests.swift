/// Which tags lead to a digest.
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Tags that lead to a digest")
struct TagAncestryTests {
    private let index = SyntheticIndex(seed: 1700)
    private let image = SyntheticImage(seed: 1800, layerSizes: [100, 200])

    private func tags(
        _ test: TestStore, _ digest: Digest, _ key: RepositoryKey? = nil
    ) async throws -> [String] {
        try await test.store.tags(leadingTo: digest, in: key ?? test.key).map { "\($0)" }
    }

    @Test("from a manifest, from an index's image, and from config and layers")
    func ancestry() async throws {
        try await withStore { test in
            let child = index.images[0].image
            try await test.put(child)
            try await test.put(manifest: index.index, tag: "multi")
            try await test.put(image, tag: "one")
            try await test.put(manifest: image.manifest, tag: "two")
            #expect(try await tags(test, image.digest) == ["one", "two"])
            for blob in image.layerDigests + [image.configDigest] {
                #expect(try await tags(test, blob) == ["one", "two"])
            }
            for digest in [index.digest, child.digest] + child.layerDigests {
                #expect(try await tags(test, digest) == ["multi"])
            }
            #expect(try await tags(test, .sha256(of: [1, 2, 3])) == [])
            try await test.store.forgetTag(Tag("one"), in: test.key)
            #expect(try await tags(test, image.digest) == ["two"])
        }
    }

    @Test("another repository's tags and manifests lead to nothing here")
    func repositories() async throws {
        try await withStore { test in
            let other = try test.key("library/other")
            try await test.put(image, tag: "1", in: other)
            #expect(try await tags(test, image.layerDigests[0]) == [])
            #expect(try await tags(test, image.layerDigests[0], other) == ["1"])
            // The index is here, the image it lists was stored for the other repository alone.
            let shared = SyntheticIndex(images: [("amd64", image)])
            try await test.put(manifest: shared.index, tag: "shared")
            #expect(try await tags(test, image.digest) == ["shared"])
            #expect(try await tags(test, image.layerDigests[0]) == ["shared"])
        }
    }

    @Test("a subject is no part of what refers to it")
    func subject() async throws {
        try await withStore { test in
            try await test.put(image, tag: "1")
            let signature = """
                {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
                "config":{"mediaType":"a/b","digest":"\(Digest.sha256(of: [9]))","size":1},\
                "layers":[],"subject":{"mediaType":"\(MediaType.ociManifest)",\
                "digest":"\(image.digest)","size":\(image.manifest.count)}}
                """
            try await test.put(manifest: Array(signature.utf8), tag: "sha256-x.sig")
            #expect(try await tags(test, image.digest) == ["1"])
        }
    }
}
