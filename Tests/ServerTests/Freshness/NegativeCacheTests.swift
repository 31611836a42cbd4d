/// What an upstream does not have is not asked for again at once (R61).
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Negative cache", .timeLimit(.minutes(5)))
struct NegativeCacheTests {
    private let image = SyntheticImage(seed: 5)
    private let tagPath = "/v2/lab.local/app/manifests/none"
    private var blobPath: String { "/v2/lab.local/app/blobs/\(image.layerDigests[0])" }
    private var digestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    /// Before a registry whose repository `app` is empty.
    private func withEmptyRepository(
        negativeFor: Duration = .seconds(3600),
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", blob: [1]) },
            change: { $0.cache.negativeFor = negativeFor }, body)
    }

    @Test("a 404 of a tag, a digest or a blob is believed: nothing more is asked")
    func believed() async throws {
        try await withEmptyRepository { larder, registry in
            for path in [tagPath, digestPath, blobPath] {
                registry.requests.removeAll()
                for _ in 0..<6 {
                    let answer = try await larder.request(.GET, path)
                    #expect(answer.status == 404)
                    #expect(String(decoding: answer.body, as: UTF8.self).contains("_UNKNOWN"))
                }
                #expect(registry.requests.all.map(\.method) == ["GET"], "\(path)")
            }
        }
    }

    @Test("the 404 of a HEAD answers no GET, that of one Accept no other, of one name no other")
    func keys() async throws {
        try await withEmptyRepository { larder, registry in
            let extra = [("Accept", "application/vnd.example+json")]
            for _ in 0..<2 {
                _ = try await larder.request(.HEAD, tagPath)
                _ = try await larder.request(.GET, tagPath)
                _ = try await larder.request(.GET, tagPath, extra)
                _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/other")
                _ = try await larder.request(.GET, "/v2/lab.local/team/app/manifests/none")
                _ = try await larder.request(.GET, "/v2/docker.io/app/manifests/none")
            }
            let asked = registry.requests.all.map { "\($0.method) \($0.path)" }
            #expect(
                asked == [
                    "HEAD /v2/app/manifests/none", "GET /v2/app/manifests/none",
                    "GET /v2/app/manifests/none", "GET /v2/app/manifests/other",
                    "GET /v2/team/app/manifests/none", "GET /v2/library/app/manifests/none",
                ])
        }
    }

    @Test(
        "nothing but 404 is believed, and nothing with cache.negative_for: 0s",
        arguments: [(401, 3600), (403, 3600), (500, 3600), (503, 3600), (404, 0)])
    func others(status: Int, seconds: Int) async throws {
        try await withEmptyRepository(negativeFor: .seconds(seconds)) { larder, registry in
            registry.inject(.respond(status: status), on: RequestMatcher("GET", "/app/"), uses: 1)
            registry.add(repository: "app", image: image, tags: ["none"])
            let refused = try await larder.request(.GET, tagPath)
            #expect(refused.status >= 400)
            #expect(try await larder.request(.GET, tagPath).status == 200)
        }
    }

    @Test("what gets known by one question is no longer believed to be missing by the others")
    func known() async throws {
        try await withEmptyRepository { larder, registry in
            let missing = try await larder.request(.GET, digestPath)
            #expect(missing.status == 404)
            registry.add(repository: "app", image: image)
            #expect(try await larder.request(.HEAD, digestPath).status == 200)
            #expect(try await larder.request(.GET, digestPath).body == image.manifest)
        }
    }

    @Test("a refresh, a purge and a reload end it")
    func ended() async throws {
        try await withEmptyRepository { larder, registry in
            let ends: [@Sendable () async throws -> Void] = [
                {
                    let image = #"{"image":"lab.local/app:none"}"#
                    let answer = try await larder.admin(.POST, "/refresh", image)
                    #expect(answer.status == 200)
                },
                { _ = try await larder.admin(.POST, "/purge", #"{"target":"lab.local"}"#) },
                { larder.services.apply(larder.services.configuration) },
            ]
            for end in ends {
                registry.remove(repository: "app", tag: "none")
                _ = try await larder.admin(.POST, "/purge", #"{"target":"lab.local"}"#)
                #expect(try await larder.request(.GET, tagPath).status == 404)
                registry.add(repository: "app", image: image, tags: ["none"])
                #expect(try await larder.request(.GET, tagPath).status == 404)
                try await end()
                #expect(try await larder.request(.GET, tagPath).status == 200)
                try await larder.waitUntilStored("none", in: "app")
            }
        }
    }

    @Test("it ends by itself, and holds no more than its limit")
    func bounds() async throws {
        try await withEmptyRepository { larder, _ in
            let key = RepositoryKey(upstream: "lab.local", repository: try RepositoryName("app"))
            let registry = try #require(larder.registries.current.named("lab.local"))
            let target = PullTarget(registry: registry, key: key, namespace: nil)
            func question(_ number: Int) throws -> MissingQuestion {
                MissingQuestion(target, .manifest(.tag(try Tag("t\(number)"))), isHead: false)
            }
            let cache = NegativeCache()
            let start = ContinuousClock.now
            cache.add(try question(0), for: .seconds(10), now: start)
            #expect(throws: UpstreamError.self) {
                try cache.check(try question(0), now: start + .seconds(9))
            }
            try cache.check(try question(0), now: start + .seconds(10))
            try cache.check(try question(1), now: start)
            for number in 1...(2 * NegativeCache.limit) {
                cache.add(try question(number), for: .seconds(10), now: start)
                #expect(cache.count <= NegativeCache.limit)
            }
            cache.add(try question(-1), for: .seconds(10), now: start + .seconds(60))
            #expect(cache.count <= NegativeCache.limit)
        }
    }
}
