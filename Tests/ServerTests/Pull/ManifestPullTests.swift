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

    private func withLarder(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", image: image)
            try await TestLarder.with(registry, change: change) { try await body($0, registry) }
        }
    }

    @Test("R51: a fresh tag and a digest are served without an upstream call")
    func fresh() async throws {
        try await withLarder { larder, registry in
            let response1 = try await larder.request(.GET, tagPath)
            #expect(response1.body == image.manifest)
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
        try await withLarder(change: { $0.tags.freshFor = .zero }) { larder, registry in
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
        try await withLarder(change: { $0.tags.freshFor = .zero }) { larder, registry in
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
        try await withLarder(change: { $0.tags.freshFor = .zero }) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: upstream), on: RequestMatcher())
            let response2 = try await larder.request(.GET, tagPath)
            #expect(response2.status == status)
        }
    }

    @Test("R4: other bytes than the digest asked for are refused, the tag stays")
    func wrongBytes() async throws {
        try await withLarder { larder, registry in
            registry.inject(.body(Array("{}".utf8)), on: RequestMatcher("GET", "/manifests/"))
            let response3 = try await larder.request(.GET, digestPath)
            #expect(response3.status == 503)
            registry.removeFaults()
            let response4 = try await larder.request(.GET, digestPath)
            #expect(response4.body == image.manifest)
        }
    }

    @Test("R12: HEAD of a manifest equals GET, cold and warm")
    func head() async throws {
        try await withLarder { larder, registry in
            let cold = try await larder.request(.HEAD, tagPath)
            #expect(registry.requests.count("GET") == 0)
            let get = try await larder.request(.GET, tagPath)
            let warm = try await larder.request(.HEAD, tagPath)
            for name in ["Content-Length", "Docker-Content-Digest", "Content-Type"] {
                let expected = get.headers.first(name: name)
                #expect(expected != nil)
                #expect(cold.headers.first(name: name) == expected)
                #expect(warm.headers.first(name: name) == expected)
            }
        }
    }

    @Test("R20: a digest known from one repository is proven in another before it is served")
    func otherRepository() async throws {
        try await withLarder { larder, registry in
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
        try await withLarder { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: 404), on: RequestMatcher())
            let response6 = try await larder.request(.GET, "/v2/docker.io/app/manifests/latest")
            #expect(response6.status == 404)
        }
    }

    @Test("an index becomes the default platform's image for a client that takes images only")
    func defaultPlatform() async throws {
        let index = SyntheticIndex(seed: 9)
        try await withLarder { larder, registry in
            registry.add(repository: "multi", index: index)
            let path = "/v2/lab.local/multi/manifests/latest"
            let response = try await larder.request(
                .GET, path, [("Accept", "\(MediaType.ociManifest)")])
            #expect(response.body == index.images[0].image.manifest)
            let response5 = try await larder.request(.GET, path)
            #expect(response5.body == index.index)
            let refused = try await larder.request(.GET, path, [("Accept", "text/plain")])
            #expect(refused.status == 404)
        }
    }

    @Test("If-None-Match with the digest is 304")
    func notModified() async throws {
        try await withLarder { larder, _ in
            let response = try await larder.request(
                .GET, tagPath, [("If-None-Match", "\"\(image.digest)\"")])
            #expect(response.status == 304)
            #expect(response.body.isEmpty)
        }
    }

    @Test("writes are refused with UNSUPPORTED", arguments: [("PUT", 405), ("POST", 405)])
    func writes(method: String, status: Int) async throws {
        try await withLarder { larder, _ in
            let response = try await larder.request(.init(rawValue: method), tagPath)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self).contains("UNSUPPORTED"))
        }
    }

    @Test("R69: an unlisted ns is NAME_UNKNOWN; a listed one is answered in OCI-Namespace")
    func namespaces() async throws {
        try await withLarder { larder, _ in
            let path = "/v2/app/manifests/latest"
            let known = try await larder.request(.GET, path + "?ns=lab.local")
            #expect(known.status == 200)
            #expect(known.headers.first(name: "OCI-Namespace") == "lab.local")
            let unknown = try await larder.request(.GET, path + "?ns=evil.example")
            #expect(unknown.status == 404)
            #expect(String(decoding: unknown.body, as: UTF8.self).contains("NAME_UNKNOWN"))
        }
    }

    @Test("an error says whether a copy is in the store")
    func errorDetail() async throws {
        try await withLarder(change: { $0.tags.freshFor = .zero }) { larder, registry in
            registry.inject(.respond(status: 404), on: RequestMatcher(), uses: 1)
            let absent = try await larder.request(.GET, tagPath)
            #expect(String(decoding: absent.body, as: UTF8.self).contains("\"cached\":\"false\""))
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: 404), on: RequestMatcher())
            let present = try await larder.request(.GET, tagPath)
            #expect(present.status == 404)
            #expect(String(decoding: present.body, as: UTF8.self).contains("\"cached\":\"true\""))
        }
    }

    @Test("R50: without its upstream Larder starts and says 503 for what it does not have")
    func upstreamDown() async throws {
        try await withLarder { larder, registry in
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
        try await withLarder { larder, registry in
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
