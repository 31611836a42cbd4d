/// Tags and manifests: freshness, staleness, proofs, what the client accepts.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Manifest pulls")
struct ManifestPullTests {
    private let image = SyntheticImage(seed: 5)
    private let tagPath = "/v2/lab.local/app/manifests/latest"
    private var digestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image)
    }

    @Test("R51: a fresh tag and a digest are served without an upstream call")
    func fresh() async throws {
        try await withLarder(content) { larder, registry in
            let cold = try await larder.request(.GET, tagPath)
            #expect(cold.body == image.manifest)
            try await larder.waitUntilStored("latest", in: "app")
            let calls = registry.requests.all.count
            #expect(calls == 1)
            for path in [tagPath, digestPath] {
                let response = try await larder.request(.GET, path)
                #expect(response.body == image.manifest)
                #expect(response.headers.first(name: "X-Cache") == "HIT")
            }
            #expect(registry.requests.all.count == calls)
        }
    }

    @Test("R60: a tag that is not fresh is verified by HEAD alone")
    func revalidation() async throws {
        try await withLarder(content, change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            _ = try await larder.request(.GET, tagPath)
            #expect(registry.requests.count("GET", "/manifests/") == 1)
            #expect(registry.requests.count("HEAD", "/manifests/") == 1)
        }
    }

    @Test(
        "R52: a tag is served stale where the upstream cannot answer",
        arguments: [429, 500, 503])
    func stale(status: Int) async throws {
        try await withLarder(content, change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: status), on: RequestMatcher())
            let response = try await larder.request(.GET, tagPath)
            #expect(response.status == 200)
            #expect(response.body == image.manifest)
            #expect(response.headers.first(name: "Cache-Status")?.contains("stale") == true)
        }
    }

    @Test("R52: never after 401, 403 or 404", arguments: [(401, 403), (403, 403), (404, 404)])
    func refusals(upstream: Int, status: Int) async throws {
        try await withLarder(content, change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: upstream), on: RequestMatcher())
            let refused = try await larder.request(.GET, tagPath)
            #expect(refused.status == status)
        }
    }

    @Test("R4: other bytes than the digest asked for are refused, the tag stays")
    func wrongBytes() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.body(Array("{}".utf8)), on: RequestMatcher("GET", "/manifests/"))
            let wrong = try await larder.request(.GET, digestPath)
            #expect(wrong.status == 503)
            registry.removeFaults()
            let right = try await larder.request(.GET, digestPath)
            #expect(right.body == image.manifest)
        }
    }

    @Test("R20: a digest known from one repository is proven in another before it is served")
    func otherRepository() async throws {
        try await withLarder(content) { larder, registry in
            let layer = image.layerDigests[0]
            registry.add(repository: "other", blob: image.layers[0])
            _ = try await larder.request(.GET, "/v2/lab.local/app/blobs/\(layer)")
            let shared = try await larder.request(.GET, "/v2/lab.local/other/blobs/\(layer)")
            #expect(shared.body == image.layers[0])
            #expect(registry.requests.count("HEAD", "/v2/other/blobs/") == 1)
            #expect(registry.requests.count("GET", "/v2/other/blobs/") == 0)
            let foreign = try await larder.request(.GET, "/v2/lab.local/foreign/blobs/\(layer)")
            #expect(foreign.status == 404)
        }
    }

    @Test("R77: a tag of one upstream does not answer for another")
    func otherUpstream() async throws {
        try await withLarder(content) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: 404), on: RequestMatcher())
            let other = try await larder.request(.GET, "/v2/docker.io/app/manifests/latest")
            #expect(other.status == 404)
        }
    }

    @Test("R50: without its upstream Larder starts and says 503 for what it does not have")
    func upstreamDown() async throws {
        try await withLarder(content) { larder, registry in
            await registry.stop()
            for path in ["/healthz", "/v2/"] {
                let response = try await larder.request(.GET, path)
                #expect(response.status == 200)
            }
            let manifest = try await larder.request(.GET, tagPath)
            #expect(manifest.status == 503)
        }
    }

    @Test("R49: a verification that lies in the future is not fresh", arguments: [3600, -3600])
    func clockJump(seconds: Int64) async throws {
        try await withLarder(content) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            try await larder.setVerification(
                of: "latest", in: "app", to: larder.store.clock.now() + seconds)
            let again = try await larder.request(.GET, tagPath)
            #expect(again.status == 200)
            #expect(registry.requests.count("HEAD", "/manifests/") == 1)
        }
    }
}
