/// `cache.enabled: false`: a plain proxy.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Nothing cached")
struct PassingOnTests {
    private let image = SyntheticImage(seed: 21, layerSizes: [300_000])
    private var manifest: String { "/v2/lab.local/app/manifests/latest" }
    private var layer: Digest { image.layerDigests[0] }
    private var blob: String { "/v2/lab.local/app/blobs/\(layer)" }

    private func withPlainProxy(
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: { $0.cache.enabled = false }, body)
    }

    @Test("every request is asked upstream, and nothing is kept")
    func asksEachTime() async throws {
        try await withPlainProxy { larder, registry in
            for count in 1...2 {
                let head = try await larder.request(.HEAD, manifest)
                #expect(head.status == 200 && registry.requests.count("HEAD") == count)
                let tagged = try await larder.request(.GET, manifest)
                #expect(tagged.body == image.manifest)
                #expect(registry.requests.count("GET", "/manifests/") == count)
                let content = try await larder.request(.GET, blob)
                #expect(content.status == 200 && content.body.count == 300_000)
                #expect(Digest.sha256(of: content.body) == layer)
                #expect(content.headers.first(name: "Content-Length") == "300000")
                #expect(
                    content.headers.first(name: "Cache-Status")
                        == "larder; fwd=uri-miss; fwd-status=200")
                #expect(registry.requests.count("GET", "/blobs/") == count)
            }
            #expect(larder.store.budget.state.used == 0)
            for table in ["blob", "tag", "proof"] {
                let counts = try await larder.texts("SELECT count(*) FROM \(table)")
                #expect(counts == ["0"])
            }
        }
    }

    @Test("clients of one blob have a request each")
    func noCoalescing() async throws {
        try await withPlainProxy { larder, registry in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 { group.addTask { try await larder.request(.GET, blob).body.count } }
                for try await count in group { #expect(count == 300_000) }
            }
            #expect(registry.requests.count("GET", "/blobs/") == 5)
        }
    }

    @Test("HEAD and ranges of a blob ask no more than they need")
    func parts() async throws {
        try await withPlainProxy { larder, registry in
            let head = try await larder.request(.HEAD, blob)
            #expect(head.headers.first(name: "Content-Length") == "300000")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
            registry.requests.removeAll()
            let part = try await larder.request(.GET, blob, [("Range", "bytes=1000-1999")])
            #expect(part.status == 206 && part.body.count == 1000)
            #expect(part.headers.first(name: "Content-Range") == "bytes 1000-1999/300000")
            #expect(registry.requests.all.map(\.method) == ["HEAD", "GET"])
            #expect(registry.requests.all.last?.header("range") == "bytes=1000-1999")
        }
    }

    @Test("R1: wrong bytes never complete")
    func wrongBytes() async throws {
        try await withPlainProxy { larder, registry in
            registry.inject(.corrupt(at: 299_999), on: .init("GET", "/blobs/"))
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, blob) }
            registry.inject(.corrupt(at: 5), on: .init("GET", "/manifests/"))
            let found1 = try await larder.request(.GET, manifest).status
            #expect(found1 == 503)
        }
    }

    @Test("R17: a break is gone on from")
    func resuming() async throws {
        try await withPlainProxy { larder, registry in
            registry.inject(.truncate(after: 100_000), on: .init("GET", "/blobs/"), uses: 1)
            let found2 = try await larder.request(.GET, blob).body.count
            #expect(found2 == 300_000)
            #expect(registry.requests.count("GET", "/blobs/") == 2)
        }
    }

    @Test("what is missing and what fails is told as ever; nothing stale stands in")
    func failures() async throws {
        try await withPlainProxy { larder, registry in
            let found3 = try await larder.request(.GET, manifest).status
            #expect(found3 == 200)
            registry.inject(.respond(status: 500), on: .init(nil, "/manifests/latest"))
            let found4 = try await larder.request(.GET, manifest).status
            #expect(found4 == 503)
            let found5 = try await larder.request(.HEAD, manifest).status
            #expect(found5 == 503)
            let none = Digest.sha256(of: [1])
            let path = "/v2/lab.local/app/blobs/\(none)"
            for method in [HTTPMethod.GET, .HEAD] {
                let found6 = try await larder.request(method, path).status
                #expect(found6 == 404)
            }
        }
    }

    @Test("what is cached already is not used")
    func cachedBefore() async throws {
        let served = SeededBytes.make(count: 1000, seed: 4)
        try await withPlainProxy { larder, registry in
            let path = "/v2/lab.local/app/blobs/\(Digest.sha256(of: served))"
            registry.add(repository: "app", blob: served)
            let found7 = try await larder.request(.GET, path).body
            #expect(found7 == served)
            registry.inject(.respond(status: 404), on: .init(nil, "/blobs/"))
            let found8 = try await larder.request(.GET, path).status
            #expect(found8 == 404)
        }
    }

    @Test("requests are counted, as misses")
    func counting() async throws {
        try await withPlainProxy { larder, registry in
            _ = try await larder.request(.GET, manifest)
            _ = try await larder.request(.GET, blob)
            let traffic = try await larder.traffic(requests: 2)
            #expect(traffic.misses == 2 && traffic.hits == 0 && traffic.pulls == 1)
            #expect(traffic.bytesFetched == traffic.bytesServed)
        }
    }

    @Test("lists of referrers are asked for each time")
    func referrers() async throws {
        try await withPlainProxy { larder, registry in
            let path = "/v2/lab.local/app/referrers/\(image.digest)"
            for count in 1...2 {
                _ = try await larder.request(.GET, path)
                #expect(registry.requests.count("GET", "/referrers/") == count)
            }
        }
    }
}
