/// Pulls as they arrive in the index.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Counting")
struct CountingTests {
    private let image = SyntheticImage(seed: 5)
    private let tagPath = "/v2/lab.local/app/manifests/latest"

    private func withLarder(
        change: @escaping (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", image: image)
            try await TestLarder.with(
                registry,
                change: change
            ) { try await body($0, registry) }
        }
    }

    private func blobPath(_ digest: Digest) -> String { "/v2/lab.local/app/blobs/\(digest)" }

    @Test("a cold pull counts misses, a warm one hits, and the image its pulls and bytes")
    func wholePulls() async throws {
        try await withLarder { larder, _ in
            let size = Int64((image.blobs + [image.manifest]).reduce(0) { $0 + $1.count })
            for round in 1...2 {
                _ = try await larder.request(.HEAD, tagPath)
                _ = try await larder.request(.GET, tagPath)
                try await larder.waitUntilStored("latest", in: "app")
                for blob in image.blobs {
                    let digest = Digest.sha256(of: blob)
                    _ = try await larder.request(.GET, blobPath(digest))
                    try await larder.waitUntilStored(digest)
                }
                let traffic = try await larder.traffic(requests: Int64(5 * round))
                #expect(traffic.misses == 4 && traffic.hits == Int64(4 * (round - 1)))
                #expect(traffic.heads == Int64(round) && traffic.pulls == Int64(round))
                #expect(traffic.bytesServed == size * Int64(round))
                #expect(traffic.bytesHit == size * Int64(round - 1))
                #expect(traffic.bytesFetched == size)
            }
            #expect(
                try await larder.texts(
                    "SELECT reference || ' ' || pulls || ' ' || bytes FROM image")
                    == ["latest 2 \(2 * size)"])
            #expect(
                try await larder.texts("SELECT address || ' ' || requests FROM client_traffic")
                    == ["127.0.0.1 10"])
        }
    }

    @Test("clients that share a fetch are one miss and coalesced ones")
    func coalesced() async throws {
        try await withLarder { larder, registry in
            registry.inject(.stall(after: 100), on: RequestMatcher("GET", "/blobs/"))
            let path = blobPath(image.layerDigests[1])
            let first = try await larder.start(.GET, path)
            let second = try await larder.start(.GET, path)
            registry.release("stall")
            for response in [first, second] { _ = try await response.body.collect(upTo: 1 << 20) }
            let traffic = try await larder.traffic(requests: 2)
            #expect(traffic.misses == 1 && traffic.coalesced == 1)
            #expect(traffic.bytesServed == 2 * traffic.bytesFetched)
        }
    }

    @Test("stale, 304, a later range, what is not there and an error count by their rules")
    func otherAnswers() async throws {
        try await withLarder(change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            let layer = blobPath(image.layerDigests[1])
            _ = try await larder.request(.GET, layer)
            try await larder.waitUntilStored(image.layerDigests[1])
            let before = try await larder.traffic(requests: 2)
            #expect(before.misses == 2)
            _ = try await larder.request(
                .GET, tagPath, [("If-None-Match", "\"\(image.digest)\"")])
            _ = try await larder.request(.GET, layer, [("Range", "bytes=100-199")])
            _ = try await larder.request(.GET, layer, [("Range", "bytes=99999999-")])
            _ = try await larder.request(.GET, blobPath(Digest.sha256(of: [1])))
            registry.inject(.respond(status: 500), on: RequestMatcher())
            _ = try await larder.request(.GET, tagPath)
            _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/other")
            let traffic = try await larder.traffic(requests: 8)
            #expect(traffic.hits == 1 && traffic.stale == 1 && traffic.misses == 2)
            #expect(traffic.errors == 1 && traffic.pulls == 2)
            #expect(
                traffic.bytesHit - before.bytesHit == Int64(100 + image.manifest.count))
        }
    }

    @Test("a client that leaves is counted with what it got")
    func leaver() async throws {
        try await withLarder { larder, registry in
            let blob = SeededBytes.make(count: 1_000_000, seed: 1)
            registry.add(repository: "app", blob: blob)
            registry.inject(.stall(after: 300_000), on: RequestMatcher("GET", "/blobs/"))
            do {
                let response = try await larder.start(.GET, blobPath(.sha256(of: blob)))
                var bytes = response.body.makeAsyncIterator()
                _ = try await bytes.next()
            }
            let traffic = try await larder.traffic(requests: 1)
            #expect(traffic.bytesServed > 0 && traffic.bytesServed < 1_000_000)
            registry.release("stall")
        }
    }
}
