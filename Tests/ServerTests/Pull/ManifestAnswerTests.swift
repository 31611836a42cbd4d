/// What a client may ask of a manifest, and what it is told.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Manifest answers")
struct ManifestAnswerTests {
    private let image = SyntheticImage(seed: 5)
    private let tagPath = "/v2/lab.local/app/manifests/latest"
    private var digestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image)
    }

    @Test("R12: HEAD of a manifest equals GET, cold and warm")
    func head() async throws {
        try await withLarder(content) { larder, registry in
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

    @Test("an index becomes the default platform's image for a client that takes images only")
    func defaultPlatform() async throws {
        let index = SyntheticIndex(seed: 9)
        try await withLarder(content) { larder, registry in
            registry.add(repository: "multi", index: index)
            let path = "/v2/lab.local/multi/manifests/latest"
            let narrow = try await larder.request(
                .GET, path, [("Accept", "\(MediaType.ociManifest)")])
            #expect(narrow.body == index.images[0].image.manifest)
            let wide = try await larder.request(.GET, path)
            #expect(wide.body == index.index)
            let refused = try await larder.request(.GET, path, [("Accept", "text/plain")])
            #expect(refused.status == 404)
        }
    }

    @Test("If-None-Match with the digest is 304")
    func notModified() async throws {
        try await withLarder(content) { larder, _ in
            let response = try await larder.request(
                .GET, tagPath, [("If-None-Match", "\"\(image.digest)\"")])
            #expect(response.status == 304)
            #expect(response.body.isEmpty)
        }
    }

    @Test("writes are refused with UNSUPPORTED", arguments: [("PUT", 405), ("POST", 405)])
    func writes(method: String, status: Int) async throws {
        try await withLarder(content) { larder, _ in
            let response = try await larder.request(.init(rawValue: method), tagPath)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self).contains("UNSUPPORTED"))
        }
    }

    @Test("R69: an unlisted ns is NAME_UNKNOWN; a listed one is answered in OCI-Namespace")
    func namespaces() async throws {
        try await withLarder(content) { larder, _ in
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
        try await withLarder(
            content,
            change: {
                $0.tags.freshFor = .zero
                $0.cache.negativeFor = .zero
            }
        ) { larder, registry in
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
}
