/// Upstreams that are not to be asked: what is served, what is refused, and who says so.
import AsyncHTTPClient
import CacheStore
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Offline", .timeLimit(.minutes(5)))
struct OfflineTests {
    private let image = SyntheticImage(seed: 5)
    private let tagPath = "/v2/lab.local/app/manifests/latest"
    private var digestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    private func cacheStatus(_ response: TestResponse) -> String {
        response.headers.first(name: "Cache-Status") ?? ""
    }

    /// With the whole of an image in the store, its tag verified a year ago.
    private func withImage(
        change: @escaping (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { registry in
                registry.add(repository: "app", image: image)
                registry.requireToken(TokenAuthority())
            },
            change: change
        ) { larder, registry in
            try await larder.pull(image, tag: "latest")
            try await larder.setAge(of: "latest", in: "app", to: 31_536_000)
            registry.requests.removeAll()
            try await body(larder, registry)
        }
    }

    private func setOffline(_ body: String, _ larder: TestLarder) async throws {
        let answer = try await larder.admin(.POST, "/offline", body)
        #expect(answer.status == 200)
    }

    @Test("what is in the cache is served, a tag of any age as stale; nothing is asked")
    func served() async throws {
        try await withImage { larder, registry in
            try await setOffline(#"{"offline":true}"#, larder)
            for method in [HTTPMethod.GET, .HEAD] {
                let tag = try await larder.request(method, tagPath)
                #expect(tag.status == 200)
                #expect(tag.headers.first(name: "Docker-Content-Digest") == "\(image.digest)")
                let age = try #require(tag.headers.first(name: "Age").flatMap { Int($0) })
                #expect(
                    cacheStatus(tag) == "larder; hit; ttl=\(60 - age); detail=stale-offline")
                #expect(tag.headers.first(name: "X-Cache") == "STALE")
            }
            #expect(try await larder.request(.GET, digestPath).body == image.manifest)
            for blob in image.blobs {
                let path = "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))"
                #expect(try await larder.request(.GET, path).body == blob)
            }
            #expect(registry.requests.all.isEmpty)
        }
    }

    @Test("what is not in the cache is 503 that says why; not even a token is asked for")
    func refused() async throws {
        try await withImage { larder, registry in
            try await setOffline(#"{"offline":true}"#, larder)
            let digest = Digest.sha256(of: [1])
            for path in [
                "manifests/other", "manifests/\(digest)", "blobs/\(digest)", "tags/list",
                "referrers/\(digest)",
            ] {
                let answer = try await larder.request(.GET, "/v2/lab.local/app/\(path)")
                #expect(answer.status == 503, "\(path)")
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(text.contains(#""code":"UNAVAILABLE""#), "\(text)")
                #expect(text.contains("lab.local is offline"), "\(text)")
                #expect(text.contains(#""cached":"false""#), "\(text)")
            }
            #expect(
                try await larder.request(.HEAD, "/v2/lab.local/app/blobs/\(digest)").status == 503)
            let refresh = try await larder.admin(
                .POST, "/refresh", #"{"image":"lab.local/app:latest"}"#)
            #expect(refresh.status == 409)
            #expect(refresh.problem?.message.contains("offline") == true)
            #expect(registry.requests.all.isEmpty)
            try await setOffline(#"{"offline":false}"#, larder)
            #expect(cacheStatus(try await larder.request(.GET, tagPath)).contains("fwd=stale"))
            #expect(registry.requests.count("HEAD", "/manifests/") > 0)
        }
    }

    @Test("a tag that would be verified behind the answer is not")
    func notBehind() async throws {
        try await withImage(
            change: { $0.tags.staleWhileRevalidate = .seconds(10 * 31_536_000) }
        ) { larder, registry in
            try await setOffline(#"{"offline":true,"upstream":"lab.local"}"#, larder)
            for _ in 0..<5 {
                let answer = try await larder.request(.GET, tagPath)
                #expect(cacheStatus(answer).hasSuffix("detail=stale-offline"))
            }
            #expect(registry.requests.all.isEmpty)
        }
    }

    @Test("a download that runs goes on")
    func running() async throws {
        try await withImage { larder, registry in
            let blob = SeededBytes.make(count: 300_000, seed: 3)
            let digest = registry.add(repository: "app", blob: blob)
            registry.inject(.stall(after: 100_000), on: RequestMatcher("GET", "/blobs/"))
            let path = "/v2/lab.local/app/blobs/\(digest)"
            let response = try await larder.start(.GET, path)
            try await setOffline(#"{"offline":true}"#, larder)
            let joined = try await larder.start(.GET, path)
            registry.release("stall")
            for response in [response, joined] {
                let body = try await response.body.collect(upTo: 1 << 20)
                #expect(Array(body.readableBytesView) == blob)
            }
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    @Test("the configuration says it of one upstream or of all", arguments: [true, false])
    func configured(all: Bool) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: {
                $0.isOffline = all
                $0.upstreams["lab.local"]?.isOffline = !all
            }
        ) { larder, registry in
            registry.add(repository: "library/app", image: image)
            let here = try await larder.request(.GET, tagPath)
            #expect(here.status == 503)
            let other = try await larder.request(.GET, "/v2/docker.io/app/manifests/latest")
            #expect(other.status == (all ? 503 : 200))
            #expect(registry.requests.all.count == (all ? 0 : 1))
            try await setOffline(#"{"offline":false}"#, larder)
            #expect(try await larder.request(.GET, tagPath).status == 200)
        }
    }

    @Test("statistics and metrics tell which upstreams are offline, and who said so")
    func told() async throws {
        try await withLarder({ _ in }) { larder, _ in
            try await setOffline(#"{"offline":true,"upstream":"Docker.IO"}"#, larder)
            let document: OfflineDocument = try await larder.admin(.GET, "/offline").document()
            let hub = try #require(document.items.first { $0.upstream == "docker.io" })
            #expect(hub.isOffline && hub.source == .runtime)
            let lab = try #require(document.items.first { $0.upstream == "lab.local" })
            #expect(!lab.isOffline && lab.source == .configuration)
            let totals: TotalsDocument = try await larder.statistics("")
            #expect(totals.upstreams.filter(\.isOffline).map(\.name) == ["docker.io"])
            let page: PageDocument<UpstreamDocument> = try await larder.statistics("/upstreams")
            #expect(page.items.filter(\.isOffline).map(\.name) == ["docker.io"])
            let scrape = try await larder.scrape()
            #expect(scrape["larder_upstream_offline{upstream=\"docker.io\"}"] == 1)
            #expect(scrape["larder_upstream_offline{upstream=\"lab.local\"}"] == 0)
        }
    }

    @Test(
        "a request that names no upstream, or does not say what is wanted, changes nothing",
        arguments: [
            (#"{"offline":true,"upstream":"nowhere.test"}"#, 404, "upstream"),
            (#"{"upstream":"lab.local"}"#, 400, "offline"),
            (#"{"offline":"yes"}"#, 400, "offline"),
            (#"{"offline":true,"upstraem":"lab.local"}"#, 400, "upstraem"),
        ])
    func wrong(body: String, status: Int, field: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let answer = try await larder.admin(.POST, "/offline", body)
            #expect(answer.status == status)
            #expect(answer.problem?.parameter == field)
            let document: OfflineDocument = try await larder.admin(.GET, "/offline").document()
            #expect(document.items.allSatisfy { !$0.isOffline })
        }
    }

    @Test("what was said while running goes before the configuration, and outlives a reload")
    func precedence() {
        var configuration = Configuration()
        let offline = OfflineSwitch(configuration)
        #expect(!offline.isOffline("docker.io"))
        offline.set(true, upstream: nil)
        offline.set(false, upstream: "quay.io")
        #expect(offline.isOffline("docker.io") && !offline.isOffline("quay.io"))
        offline.apply(configuration)
        #expect(offline.isOffline("docker.io") && !offline.isOffline("quay.io"))
        offline.set(false, upstream: nil)
        configuration.isOffline = true
        offline.apply(configuration)
        #expect(!offline.isOffline("docker.io") && !offline.isOffline("quay.io"))
        offline.set(true, upstream: "quay.io")
        #expect(!offline.isOffline("docker.io") && offline.isOffline("quay.io"))
        let fresh = OfflineSwitch(configuration)
        #expect(fresh.isOffline("docker.io"))
        configuration.isOffline = false
        configuration.upstreams["quay.io"]?.isOffline = true
        fresh.apply(configuration)
        #expect(!fresh.isOffline("docker.io") && fresh.isOffline("quay.io"))
    }
}
