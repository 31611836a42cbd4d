/// Tags that are served at once and verified behind the answer.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Stale while revalidate", .timeLimit(.minutes(5)))
struct StaleWhileRevalidateTests {
    private let image = SyntheticImage(seed: 5)
    private let next = SyntheticImage(seed: 6)
    private let tagPath = "/v2/lab.local/app/manifests/latest"
    private let heads = RequestMatcher("HEAD", "/manifests/")

    /// With `latest` in the store, verified 2 h ago: 1 h after it was fresh.
    private func withStaleTag(
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: {
                $0.cache.negativeFor = .zero
                $0.tags.freshFor = .seconds(3600)
                $0.tags.staleWhileRevalidate = .seconds(86_400)
            }
        ) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            try await larder.setAge(of: "latest", in: "app", to: 7200)
            registry.requests.removeAll()
            try await body(larder, registry)
        }
    }

    private func expectRevalidating(_ response: TestResponse) {
        #expect(response.status == 200)
        #expect(response.body == image.manifest)
        let age = response.headers.first(name: "Age").flatMap { Int($0) } ?? 0
        #expect((7200..<8000).contains(age))
        #expect(
            response.headers.first(name: "Cache-Status")
                == "larder; hit; ttl=\(3600 - age); detail=revalidating")
        #expect(response.headers.first(name: "X-Cache") == "STALE")
    }

    @Test("no client waits for the upstream, which is asked once by HEAD")
    func unchanged() async throws {
        try await withStaleTag { larder, registry in
            registry.inject(.hang(gate: "head"), on: heads)
            for _ in 0..<20 { expectRevalidating(try await larder.request(.GET, tagPath)) }
            expectRevalidating(
                try await larder.request(
                    .GET, tagPath, [("Accept", MediaType.ociManifest.rawValue)]))
            try await registry.requests.wait(for: heads)
            registry.release("head")
            try await larder.waitUntilVerified("latest", in: "app")
            let verified = try await larder.request(.GET, tagPath)
            let status = verified.headers.first(name: "Cache-Status") ?? ""
            #expect(status.hasPrefix("larder; hit; ttl="), "\(status)")
            #expect(!status.contains("ttl=-") && !status.contains("detail"), "\(status)")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    @Test("a tag that moved is fetched behind the answer: one HEAD and one GET for all clients")
    func moved() async throws {
        try await withStaleTag { larder, registry in
            registry.add(repository: "app", image: next)
            registry.inject(.hang(gate: "get"), on: RequestMatcher("GET", "/manifests/"))
            for _ in 0..<5 { expectRevalidating(try await larder.request(.GET, tagPath)) }
            try await registry.requests.wait(for: RequestMatcher("GET", "/manifests/"))
            for _ in 0..<5 { expectRevalidating(try await larder.request(.GET, tagPath)) }
            registry.release("get")
            try await larder.waitUntilVerified("latest", in: "app")
            let moved = try await larder.request(.GET, tagPath)
            #expect(moved.body == next.manifest)
            #expect(moved.headers.first(name: "X-Cache") == "HIT")
            #expect(registry.requests.all.map(\.method) == ["HEAD", "GET"])
        }
    }

    @Test(
        "a verification that fails leaves the tag as it is, and the next client tries again",
        arguments: [429, 500, 503])
    func failing(status: Int) async throws {
        try await withStaleTag { larder, registry in
            registry.inject(.respond(status: status), on: RequestMatcher(), uses: 1)
            expectRevalidating(try await larder.request(.GET, tagPath))
            try await registry.requests.waitUntilAnswered(heads)
            while registry.requests.all.count < 2 { _ = try await larder.request(.GET, tagPath) }
            try await larder.waitUntilVerified("latest", in: "app")
            #expect(registry.requests.all.map(\.method) == ["HEAD", "HEAD"])
        }
    }

    @Test("a moved tag whose manifest cannot be fetched is not moved here")
    func unfetchable() async throws {
        try await withStaleTag { larder, registry in
            registry.add(repository: "app", image: next)
            let gets = RequestMatcher("GET", "/manifests/")
            registry.inject(.body(Array("{}".utf8)), on: gets, uses: 1)
            expectRevalidating(try await larder.request(.GET, tagPath))
            try await registry.requests.waitUntilAnswered(gets)
            while registry.requests.count("HEAD") < 2 {
                _ = try await larder.request(.GET, tagPath)
            }
            try await larder.waitUntilVerified("latest", in: "app")
            #expect(try await larder.request(.GET, tagPath).body == next.manifest)
        }
    }

    @Test(
        "what the upstream refuses behind an answer is refused to the next client",
        arguments: [(401, 403), (403, 403), (404, 404)])
    func refused(upstream: Int, status: Int) async throws {
        try await withStaleTag { larder, registry in
            registry.inject(.respond(status: upstream), on: RequestMatcher())
            expectRevalidating(try await larder.request(.GET, tagPath))
            var answer = try await larder.request(.GET, tagPath)
            while answer.status == 200 { answer = try await larder.request(.GET, tagPath) }
            #expect(answer.status == status)
            await registry.stop()
            #expect(try await larder.request(.GET, tagPath).status == 503)
        }
    }
}
