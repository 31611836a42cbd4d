/// What the rules refuse of a running server.
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Serving by the rules")
struct RuleServingTests {
    private let index = SyntheticIndex(seed: 1910)
    private let image = SyntheticImage(seed: 920, layerSizes: [3_000, 5_000])
    private let other = SyntheticImage(seed: 930, layerSizes: [3_000])

    private static func rule(
        _ action: AccessRule.Action, _ change: (inout AccessRule) -> Void = { _ in }
    ) -> AccessRule {
        var rule = AccessRule(action: action)
        change(&rule)
        return rule
    }

    private static let app = Glob("lab.local/app")

    /// Only tags that begin with `v`.
    private static let releases = [
        rule(.allow) {
            $0.repositories = [app]
            $0.tags = [Glob("v*")]
        },
        rule(.deny) {
            $0.name = "releases only"
            $0.repositories = [app]
        },
    ]

    /// No tag that ends with `-dev`.
    private static let noDev = [
        rule(.deny) {
            $0.repositories = [app]
            $0.tags = [Glob("*-dev")]
        }
    ]

    private func withRules(
        _ rules: [AccessRule],
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { registry in
                registry.add(repository: "app", index: index, tags: ["v2"])
                registry.add(repository: "app", image: image, tags: ["v1"])
                registry.add(repository: "app", image: other, tags: ["1-dev"])
                registry.add(repository: "tool", image: other, tags: ["1-dev"])
            },
            change: { $0.rules = rules }, body)
    }

    private func statuses(
        _ larder: TestLarder, _ paths: [String], repository: String = "app"
    ) async throws -> Set<Int> {
        var statuses: Set<Int> = []
        for path in paths {
            for method in [HTTPMethod.HEAD, .GET] {
                let answer = try await larder.request(
                    method, "/v2/lab.local/\(repository)\(path)")
                statuses.insert(answer.status)
            }
        }
        return statuses
    }

    private func contents(of image: SyntheticImage) -> [String] {
        ["/manifests/\(image.digest)"]
            + (image.layerDigests + [image.configDigest]).map { "/blobs/\($0)" }
    }

    @Test("an allowed tag allows all it leads to, at once and in a cold cache")
    func allowed() async throws {
        try await withRules(Self.releases) { larder, _ in
            for _ in 1...2 {
                let whole = try await statuses(
                    larder, ["/manifests/v1"] + contents(of: image))
                #expect(whole == [200])
                let index = try await larder.request(.GET, "/v2/lab.local/app/manifests/v2")
                #expect(index.status == 200)
                for child in self.index.images.map(\.image) {
                    #expect(try await statuses(larder, contents(of: child)) == [200])
                }
            }
        }
    }

    @Test("what no allowed tag leads to is denied by tag, digest, HEAD and blob; lists too")
    func allowList() async throws {
        try await withRules(Self.releases) { larder, registry in
            let paths = ["/manifests/1-dev"] + contents(of: other) + contents(of: image)
            #expect(try await statuses(larder, paths) == [403])
            let lists = ["/tags/list", "/referrers/\(image.digest)"]
            #expect(try await statuses(larder, lists) == [403])
            #expect(registry.requests.count() == 0)
            let error = try await larder.request(.GET, "/v2/lab.local/app/manifests/1-dev")
            #expect(String(decoding: error.body, as: UTF8.self).contains(#""DENIED""#))
            #expect(String(decoding: error.body, as: UTF8.self).contains("releases only"))
            #expect(try await statuses(larder, ["/manifests/1-dev"], repository: "tool") == [200])
        }
    }

    @Test("a denied tag denies its digest once the tag is known, unless another tag allows it")
    func denyList() async throws {
        try await withRules(Self.noDev) { larder, registry in
            #expect(try await statuses(larder, ["/manifests/1-dev"]) == [403])
            // Nobody told Larder what the tag names: a digest alone is nobody's tag.
            #expect(try await statuses(larder, contents(of: other)) == [200])
            let key = RepositoryKey(upstream: "lab.local", repository: try RepositoryName("app"))
            try await larder.store.recordTag(Tag("1-dev"), in: key, is: other.digest)
            #expect(try await statuses(larder, contents(of: other)) == [403])
            registry.add(repository: "app", image: other, tags: ["1"])
            #expect(try await statuses(larder, ["/manifests/1"] + contents(of: other)) == [200])
        }
    }

    @Test("a rule that asks who is judged anew for each request, hot or not")
    func addresses() async throws {
        let rules = [
            Self.rule(.deny) {
                $0.upstreams = ["lab.local"]
                $0.networks = ["192.0.2.0/24"].compactMap { IPNetwork($0) }
            }
        ]
        try await withLarder(
            { $0.add(repository: "app", image: image, tags: ["v1"]) },
            change: {
                $0.rules = rules
                $0.auth.trustedProxies = ["127.0.0.1"].compactMap { IPNetwork($0) }
            }
        ) { larder, _ in
            for path in ["/manifests/v1", "/manifests/\(image.digest)"] {
                for _ in 1...3 {
                    for (client, status) in [("198.51.100.1", 200), ("192.0.2.1", 403)] {
                        let answer = try await larder.request(
                            .GET, "/v2/lab.local/app\(path)", [("X-Forwarded-For", client)])
                        #expect(answer.status == status)
                        while !larder.services.pendingManifests.isEmpty { await shortPause() }
                    }
                }
            }
            #expect(larder.services.hotObjects.answered == (TestLarder.fastPath ? 3 : 0))
        }
    }

    @Test("rules about other things leave the fast path alone", .enabled(if: TestLarder.fastPath))
    func fastPath() async throws {
        try await withRules(Self.noDev) { larder, _ in
            for path in ["/manifests/v1", "/manifests/\(image.digest)"] {
                let before = larder.services.hotObjects.answered
                for _ in 1...3 {
                    _ = try await larder.request(.GET, "/v2/lab.local/app\(path)")
                    while !larder.services.pendingManifests.isEmpty { await shortPause() }
                }
                // What rests on the tags that are known is looked at each time.
                let isByTag = path == "/manifests/v1"
                #expect((larder.services.hotObjects.answered > before) == isByTag)
            }
        }
    }

    @Test("rules make lists that name repositories private")
    func statistics() async throws {
        for rules in [[], Self.noDev] {
            try await withRules(rules) { larder, _ in
                let status = try await larder.request(.GET, "/stats/repositories").status
                #expect(status == (rules.isEmpty ? 200 : 401))
                #expect(try await larder.request(.GET, "/stats").status == 200)
            }
        }
    }
}
