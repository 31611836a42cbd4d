/// Redirects that clients are sent on with, and what is counted of them.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Redirects handed over")
struct RedirectTests {
    private let blob = SeededBytes.make(count: 200_000, seed: 31)
    private var digest: Digest { .sha256(of: blob) }
    private var path: String { "/v2/lab.local/app/blobs/\(digest)" }

    /// A Larder whose registry keeps its blobs elsewhere.
    private func withStorage(
        _ redirects: RedirectConfiguration,
        change: @escaping (inout Configuration) -> Void = { _ in },
        _ body:
            @escaping @Sendable (TestLarder, ScriptedRegistry, ScriptedRegistry) async throws
            -> Void
    ) async throws {
        try await ScriptedRegistry.with { storage in
            try await withLarder(
                {
                    $0.add(repository: "app", blob: blob)
                    $0.redirectBlobs(to: storage, linkUses: 1)
                },
                change: {
                    $0.upstreams["lab.local"]?.redirects = redirects
                    change(&$0)
                }
            ) { try await body($0, $1, storage) }
        }
    }

    private var handedOver: RedirectConfiguration {
        var redirects = RedirectConfiguration()
        redirects.otherwise = .handOver
        return redirects
    }

    /// One answer, its redirect not followed.
    private func ask(
        _ larder: TestLarder, _ method: HTTPMethod = .GET, _ headers: [(String, String)] = []
    ) async throws -> TestResponse {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(redirectConfiguration: .disallow))
        var request = HTTPClientRequest(url: larder.url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        do {
            let response = try await client.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 30)
            try await client.shutdown()
            return TestResponse(
                status: Int(response.status.code), headers: response.headers,
                body: Array(body.readableBytesView))
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    @Test("GET, HEAD and ranges are sent on with a link of their own, and nothing is kept")
    func answer() async throws {
        try await withStorage(handedOver) { larder, registry, storage in
            let asked: [(HTTPMethod, [(String, String)])] = [
                (.GET, []), (.HEAD, []), (.GET, [("Range", "bytes=5-9")]),
            ]
            for (index, (method, headers)) in asked.enumerated() {
                let response = try await ask(larder, method, headers)
                #expect(response.status == 307 && response.body.isEmpty)
                let location = response.headers.first(name: "Location")
                #expect(
                    location == "\(storage.url)/objects/blob?X-Signature=sig\(index)&X-Path=a%2Fb")
                #expect(
                    response.headers.first(name: "Cache-Status")
                        == "larder; fwd=uri-miss; fwd-status=307; detail=handed-over")
                #expect(response.headers.first(name: "Docker-Content-Digest") == "\(digest)")
                #expect(registry.requests.all.count == index + 1)
            }
            #expect(storage.requests.all.isEmpty)
            #expect(larder.store.budget.state.used == 0)
            for table in ["blob", "proof"] {
                let counts = try await larder.texts("SELECT count(*) FROM \(table)")
                #expect(counts == ["0"])
            }
        }
    }

    @Test("a client that follows gets the bytes, and its range of them")
    func following() async throws {
        try await withStorage(handedOver) { larder, registry, storage in
            let whole = try await larder.request(.GET, path)
            #expect(whole.body == blob)
            let part = try await larder.request(.GET, path, [("Range", "bytes=100-199")])
            #expect(part.body == Array(blob[100..<200]))
            #expect(storage.requests.all.map { $0.header("range") } == [nil, "bytes=100-199"])
        }
    }

    @Test("clients that ask together get a link each: these are good for one use")
    func together() async throws {
        try await withStorage(handedOver) { larder, registry, storage in
            registry.inject(.hang(gate: "redirect"), on: .init("GET", "/blobs/"), uses: 1)
            try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<6 { group.addTask { try await ask(larder) } }
                try await registry.requests.wait(for: .init("GET", "/blobs/"))
                registry.release("redirect")
                var links: Set<String> = []
                for try await response in group {
                    #expect(response.status == 307)
                    links.insert(response.headers.first(name: "Location") ?? "")
                }
                #expect(links.count == 6)
            }
            #expect(registry.requests.count("GET", "/blobs/") == 6)
            #expect(storage.requests.all.isEmpty)
        }
    }

    @Test("a blob that is cached is served from the cache; a redirect proves nothing elsewhere")
    func cached() async throws {
        try await withStorage(handedOver) { larder, registry, storage in
            registry.add(repository: "other", blob: blob)
            registry.inject(.respond(status: 200), on: .init("GET", "/app/blobs/"), uses: 1)
            registry.inject(.body(blob), on: .init("GET", "/app/blobs/"), uses: 1)
            let first = try await ask(larder)
            #expect(first.status == 200 && first.body == blob)
            try await larder.waitUntilStored(digest)
            let before = registry.requests.all.count
            let second = try await ask(larder)
            #expect(second.status == 200 && second.body == blob)
            #expect(registry.requests.all.count == before)
            let elsewhere = try await larder.request(
                .HEAD, "/v2/lab.local/other/blobs/\(digest)")
            #expect(elsewhere.status == 403, "the storage refuses HEAD of a link")
            let proofs = try await larder.texts("SELECT count(*) FROM proof")
            #expect(proofs == ["1"])
        }
    }

    @Test("what Larder cannot reach is handed over where that is wanted, also to followers")
    func onFailure() async throws {
        var redirects = RedirectConfiguration()
        redirects.onFailure = .handOver
        try await withStorage(redirects) { larder, registry, storage in
            storage.closeConnectionsAtAccept(1000)
            registry.inject(.hang(gate: "redirect"), on: .init("GET", "/blobs/"), uses: 1)
            try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<4 { group.addTask { try await ask(larder) } }
                try await registry.requests.wait(for: .init("GET", "/blobs/"))
                registry.release("redirect")
                var links: Set<String> = []
                for try await response in group {
                    #expect(response.status == 307)
                    links.insert(response.headers.first(name: "Location") ?? "")
                }
                #expect(links.count == 4)
            }
            #expect(registry.requests.count("GET", "/blobs/") == 4)
        }
    }

    @Test("by default what Larder cannot reach is a failure")
    func onFailureByDefault() async throws {
        try await withStorage(RedirectConfiguration()) { larder, registry, storage in
            storage.closeConnectionsAtAccept(1000)
            let status = try await ask(larder).status
            #expect(status == 503)
        }
    }

    @Test("a refused host is named to the client, which does not ask again")
    func refused() async throws {
        var redirects = RedirectConfiguration()
        redirects.otherwise = .refuse
        try await withStorage(redirects) { larder, registry, storage in
            for method in [HTTPMethod.GET, .HEAD] {
                let response = try await ask(larder, method)
                #expect(response.status == 403)
                #expect(response.headers.first(name: "Location") == nil)
                guard method == .GET else { continue }
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(text.contains("\"code\":\"DENIED\"") && text.contains("to 127.0.0.1"))
                #expect(!text.contains("X-Signature"))
            }
            #expect(storage.requests.all.isEmpty)
        }
    }

    @Test("they are counted as what they are")
    func counting() async throws {
        try await withStorage(handedOver) { larder, registry, storage in
            let image = SyntheticImage(seed: 33)
            registry.add(repository: "app", image: image)
            _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/latest")
            _ = try await ask(larder)
            _ = try await ask(larder, .HEAD)
            let traffic = try await larder.traffic(requests: 3)
            #expect(traffic.misses == 1 && traffic.heads == 1)
            #expect(traffic.hits + traffic.coalesced + traffic.stale + traffic.errors == 0)
            #expect(traffic.bytesServed == Int64(image.manifest.count))
            let metrics = String(
                decoding: try await larder.request(.GET, "/metrics").body, as: UTF8.self)
            for line in [
                #"larder_requests_total{upstream="lab.local",kind="blob",method="GET",result="handed_over"} 1"#,
                #"larder_requests_total{upstream="lab.local",kind="blob",method="HEAD",result="handed_over"} 1"#,
                #"larder_upstream_redirects_handed_over_total{upstream="lab.local"} 2"#,
            ] { #expect(metrics.contains(line), "\(line)") }
            let stats = String(
                decoding: try await larder.request(.GET, "/stats/upstreams").body, as: UTF8.self)
            #expect(stats.contains("\"redirects_handed_over\":2"))
        }
    }

    @Test("with nothing cached, redirects are left to clients all the same")
    func plainProxy() async throws {
        try await withStorage(handedOver, change: { $0.cache.enabled = false }) {
            larder, registry, storage in
            for method in [HTTPMethod.GET, .HEAD] {
                let status = try await ask(larder, method).status
                #expect(status == 307)
            }
            let part = try await ask(larder, .GET, [("Range", "bytes=0-9")])
            #expect(part.status == 307)
            #expect(storage.requests.all.isEmpty)
        }
    }
}
