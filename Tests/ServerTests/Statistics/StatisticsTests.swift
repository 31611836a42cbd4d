/// `/stats`: what it tells after pulls, and what it refuses.
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Statistics")
struct StatisticsTests {
    private let index = SyntheticIndex(architectures: ["amd64", "arm64"])

    private func withPulledImage(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, SyntheticImage) async throws -> Void
    ) async throws {
        let image = try #require(index.images.first).image
        try await withLarder(
            { registry in
                for entry in index.images {
                    registry.add(repository: "app", image: entry.image, tags: [])
                }
                registry.add(
                    repository: "app", manifest: index.index, mediaType: .ociIndex, tags: ["1"])
            }, change: change
        ) { larder, _ in
            try await larder.pull(image, tag: "1", index: index.digest)
            try await body(larder, image)
        }
    }

    @Test("totals count a cold and a warm pull by the rules")
    func totals() async throws {
        try await withPulledImage { larder, image in
            try await larder.pull(image, tag: "1", index: index.digest)
            let totals: TotalsDocument = try await larder.statistics("")
            let gets = Int64(2 + image.blobs.count)
            #expect(totals.traffic.requests == gets * 2)
            #expect(totals.traffic.misses == gets)
            #expect(totals.traffic.hits == gets)
            #expect(totals.traffic.pulls == 4)
            #expect(totals.traffic.errors == 0)
            let size = Int64(
                index.index.count + image.manifest.count + image.blobs.map(\.count).reduce(0, +))
            #expect(totals.traffic.servedBytes == size * 2)
            #expect(totals.traffic.fetchedBytes == size)
            #expect(totals.traffic.savedBytes == size)
            #expect(totals.traffic.hitRate == 0.5)
            #expect(totals.cache.objects == gets)
            #expect(totals.cache.usedBytes == totals.cache.storedBytes)
            #expect(totals.upstreams.first { $0.name == "lab.local" }?.objects == gets)
        }
    }

    @Test("an image is its tag, with the pulls and the bytes of all that followed")
    func images() async throws {
        try await withPulledImage { larder, image in
            let page: PageDocument<ImageDocument> = try await larder.statistics("/images")
            let row = try #require(page.items.first)
            #expect(page.items.count == 1)
            #expect(row.reference == "1")
            #expect(row.repository == "app")
            #expect(row.digest == "\(index.digest)")
            #expect(row.pulls == 1)
            let blobs = image.blobs.map(\.count).reduce(0, +)
            #expect(
                row.servedBytes == Int64(index.index.count + image.manifest.count + blobs))
        }
    }

    @Test("a pattern may say an upstream by an alias")
    func pattern() async throws {
        try await withPulledImage(change: { $0.upstreams["lab.local"]?.aliases = ["lab"] }) {
            larder, _ in
            for (pattern, count) in [("lab/app:1", 1), ("LAB/*", 1), ("lab/app:2", 0)] {
                let page: PageDocument<ImageDocument> = try await larder.statistics(
                    "/images?pattern=\(pattern)")
                #expect(page.items.count == count, "\(pattern)")
            }
        }
    }

    @Test("one image is told down to its layers, with what of it is cached")
    func image() async throws {
        try await withPulledImage { larder, image in
            let detail: ImageDetailDocument = try await larder.statistics(
                "/image?name=lab.local/app:1")
            #expect(detail.digest == "\(index.digest)")
            #expect(detail.tags.map(\.name) == ["1"])
            #expect(detail.manifests.map(\.platform) == ["linux/amd64", "linux/arm64"])
            #expect(detail.manifests.map(\.isCached) == [true, false])
            let amd64 = try #require(detail.manifests.first)
            #expect(amd64.blobs.count == image.blobs.count)
            #expect(amd64.blobs.map(\.isCached) == image.blobs.map { _ in true })
            let missing = try await larder.request(.GET, "/stats/image?name=lab.local/app:2")
            #expect(missing.status == 404)
            let elsewhere = try await larder.request(.GET, "/stats/image?name=nowhere.test/a")
            #expect(elsewhere.status == 404)
            #expect(elsewhere.problem?.parameter == "name")
        }
    }

    @Test("upstreams tell their state, repositories and clients their traffic")
    func lists() async throws {
        try await withPulledImage { larder, _ in
            let upstreams: PageDocument<UpstreamDocument> = try await larder.statistics(
                "/upstreams")
            let lab = try #require(upstreams.items.first { $0.name == "lab.local" })
            #expect(lab.status.state == .up)
            #expect(lab.endpoints.map(\.state) == [.up])
            #expect(lab.endpoints.map(\.resolves) == [true])
            let repositories: PageDocument<RepositoryDocument> =
                try await larder.statistics("/repositories?upstream=lab.local")
            #expect(repositories.items.map(\.repository) == ["app"])
            #expect(repositories.items.first?.traffic.pulls == 2)
            let clients: PageDocument<ClientDocument> = try await larder.statistics("/clients")
            #expect(clients.items.map(\.address) == ["127.0.0.1"])
            let timeline: PageDocument<TimelineDocument> = try await larder.statistics("/timeline")
            #expect(timeline.items.map(\.traffic.pulls).reduce(0, +) == 2)
            let legacy: LegacyCacheDocument = try await larder.statistics("/cache")
            #expect(legacy.manifestCount == 2)
        }
    }

    @Test("lists come in pages that lead to each other")
    func pages() async throws {
        try await withPulledImage { larder, _ in
            let first: PageDocument<UpstreamDocument> = try await larder.statistics(
                "/upstreams?limit=5")
            #expect(first.items.count == 5)
            #expect(first.nextOffset == 5)
            let rest: PageDocument<UpstreamDocument> = try await larder.statistics(
                "/upstreams?limit=1000&offset=5")
            #expect(rest.nextOffset == nil)
            #expect(Set((first.items + rest.items).map(\.name)).contains("docker.io"))
        }
    }

    @Test(
        "a bad parameter is 400 and named",
        arguments: [
            ("/images?limit=0", "limit"), ("/images?limit=1001", "limit"),
            ("/images?offset=-1", "offset"), ("/images?sort=name", "sort"),
            ("/images?order=up", "order"), ("/images?since=yesterday", "since"),
            ("/images?pattern=alpine", "pattern"), ("/images?repository=A", "repository"),
            ("/images?limti=3", "limti"), ("/images?limit=1&limit=2", "limit"),
            ("/timeline?step=week", "step"), ("/timeline?from=20&to=10", "from"),
            ("/cold?older_than=old", "older_than"), ("/image", "name"),
            ("/image?name=alpine", "name"), ("/image?name=docker.io/A", "name"),
            ("?x=1", "x"), ("/cache?limit=1", "limit"),
        ])
    func badParameters(path: String, parameter: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.request(.GET, "/stats" + path)
            #expect(response.status == 400)
            #expect(response.problem?.parameter == parameter)
        }
    }

    @Test("lists that name what somebody pulls need the token once anything is private")
    func privacy() async throws {
        try await withPulledImage(change: {
            $0.upstreams["docker.io"]?.credentials = [
                CredentialConfiguration(username: "team", password: Secret("secret"))
            ]
        }) { larder, _ in
            for path in ["/images", "/repositories", "/clients", "/evictions", "/cold"] {
                let refused = try await larder.request(.GET, "/stats" + path)
                #expect(refused.status == 401)
                #expect(
                    refused.headers.first(name: "WWW-Authenticate")?.hasPrefix("Bearer") == true)
                let token = ("Authorization", "Bearer \(try larder.adminToken)")
                let allowed = try await larder.request(.GET, "/stats" + path, [token])
                #expect(allowed.status == 200)
            }
            for path in ["", "/upstreams", "/timeline", "/cache"] {
                let open = try await larder.request(.GET, "/stats" + path)
                #expect(open.status == 200)
            }
        }
    }

    @Test("stats.access decides otherwise", arguments: [StatsSettings.Access.open, .admin])
    func access(access: StatsSettings.Access) async throws {
        try await withPulledImage(change: { $0.stats.access = access }) { larder, _ in
            let status = try await larder.request(.GET, "/stats/images").status
            #expect(status == (access == .open ? 200 : 401))
        }
    }
}
