/// Layers that a manifest says are elsewhere: nobody goes there (R71).
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Foreign layers", .timeLimit(.minutes(1)))
struct ForeignLayerTests {
    @Test("R71: a layer's urls are not fetched, whether the registry has the layer or not")
    func urls() async throws {
        try await ByteListener.with { listener in
            let config = Array("{}".utf8)
            let layers = [
                SeededBytes.make(count: 100, seed: 1), SeededBytes.make(count: 9, seed: 2),
            ]
            let digests = layers.map(Digest.sha256(of:))
            let descriptors = digests.map { digest in
                """
                {"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",\
                "digest":"\(digest)","size":100,"urls":["http://127.0.0.1:\(listener.port)/x"]}
                """
            }
            let manifest = """
                {"schemaVersion":2,"mediaType":"\(MediaType.dockerManifest)",\
                "config":{"mediaType":"application/vnd.docker.container.image.v1+json",\
                "digest":"\(Digest.sha256(of: config))","size":2},\
                "layers":[\(descriptors.joined(separator: ","))]}
                """
            try await withLarder { registry in
                registry.add(repository: "app", blob: config)
                registry.add(repository: "app", blob: layers[0])
                registry.add(
                    repository: "app", manifest: Array(manifest.utf8), mediaType: .dockerManifest,
                    tags: ["latest"])
            } _: { larder, registry in
                let path = "/v2/lab.local/app"
                let whole = try await larder.request(.GET, "\(path)/manifests/latest")
                #expect(whole.body == Array(manifest.utf8))
                let there = try await larder.request(.GET, "\(path)/blobs/\(digests[0])")
                #expect(there.body == layers[0])
                for _ in 0..<2 {
                    let absent = try await larder.request(.GET, "\(path)/blobs/\(digests[1])")
                    #expect(absent.status == 404)
                }
                #expect(registry.requests.count("GET", "\(digests[1])") >= 1)
            }
            #expect(listener.counts == .init())
        }
    }
}
