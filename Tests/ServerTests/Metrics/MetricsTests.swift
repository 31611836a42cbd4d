/// What `/metrics` says after requests of each kind.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Metrics", .timeLimit(.minutes(1)))
struct MetricsTests {
    private let image = SyntheticImage(seed: 8, layerSizes: [50_000])
    private let tagPath = "/v2/lab.local/team/app/manifests/latest"
    private var layer: Digest { image.layerDigests[0] }
    private var blobPath: String { "/v2/lab.local/team/app/blobs/\(layer)" }

    private func withLarder(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "team/app", image: image)
            try await TestLarder.with(registry, change: change) { try await body($0, registry) }
        }
    }

    private func requests(_ kind: String, _ method: String, _ result: String) -> String {
        "larder_requests_total{upstream=\"lab.local\",kind=\"\(kind)\",method=\"\(method)\","
            + "result=\"\(result)\"}"
    }

    private func bytes(_ kind: String, _ result: String) -> String {
        "larder_response_bytes_total{upstream=\"lab.local\",kind=\"\(kind)\",result=\"\(result)\"}"
    }

    @Test("a miss, a hit, a HEAD and a stale answer of a tag are one request each")
    func manifests() async throws {
        try await withLarder { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "team/app")
            _ = try await larder.request(.GET, tagPath)
            _ = try await larder.request(.HEAD, tagPath)
            let hourAgo = larder.store.clock.now() - 3600
            try await larder.setVerification(of: "latest", in: "team/app", to: hourAgo)
            registry.inject(.respond(status: 503), on: RequestMatcher())
            _ = try await larder.request(.GET, tagPath)

            let scrape = try await larder.scrape()
            #expect(
                scrape.series(of: "larder_requests_total") == [
                    requests("manifest", "GET", "miss"): 1, requests("manifest", "GET", "hit"): 1,
                    requests("manifest", "HEAD", "hit"): 1,
                    requests("manifest", "GET", "stale"): 1,
                ])
            let size = Double(image.manifest.count)
            #expect(
                scrape.series(of: "larder_response_bytes_total") == [
                    bytes("manifest", "miss"): size, bytes("manifest", "hit"): size,
                    bytes("manifest", "stale"): size,
                ])
            #expect(
                scrape.series(of: "larder_responses_total")
                    == ["larder_responses_total{code=\"200\"}": 4])
            for metric in ["larder_first_byte_seconds", "larder_request_seconds"] {
                let counts = scrape.series(of: metric + "_count")
                #expect(counts[metric + "_count{kind=\"manifest\",result=\"hit\"}"] == 2)
                #expect(counts.count == 3)
            }
            #expect(scrape["larder_fetched_bytes_total{upstream=\"lab.local\"}"] == size)
            #expect(scrape["larder_upstream_up{upstream=\"lab.local\"}"] == 0)
            #expect(scrape["larder_upstream_up{upstream=\"docker.io\"}"] == nil)
            let outcomes = "larder_upstream_requests_total{upstream=\"lab.local\",outcome="
            #expect(scrape[outcomes + "\"2xx\"}"] == 1)
            #expect(scrape[outcomes + "\"5xx\"}"] == 1)
        }
    }

    @Test("a blob is one fill, one miss, then a hit, and lies in the store")
    func blobs() async throws {
        try await withLarder { larder, _ in
            _ = try await larder.request(.GET, blobPath)
            let fills = "larder_fills_total{result=\"verified\"}"
            _ = try await larder.scrape(until: fills, is: 1)
            _ = try await larder.request(.GET, blobPath, [("Range", "bytes=10-19")])
            let hits = requests("blob", "GET", "hit")
            let scrape = try await larder.scrape(until: hits, is: 1)
            #expect(scrape[requests("blob", "GET", "miss")] == 1)
            #expect(scrape[bytes("blob", "miss")] == 50_000)
            #expect(scrape[bytes("blob", "hit")] == 10)
            #expect(scrape["larder_responses_total{code=\"206\"}"] == 1)
            #expect(scrape["larder_fills_in_flight"] == 0)
            #expect(scrape["larder_cache_objects"] == 1)
            #expect(scrape["larder_cache_stored_bytes"] == 53_248)
            #expect(scrape["larder_index_failures_total"] == 0)
        }
    }

    @Test("R1: wrong bytes are counted as a fill that mismatched")
    func mismatch() async throws {
        try await withLarder { larder, registry in
            registry.inject(.corrupt(at: 7), on: RequestMatcher("GET", "/blobs/"))
            _ = try? await larder.request(.GET, blobPath)
            let series = "larder_fills_total{result=\"mismatch\"}"
            while try #require(try await larder.scrape()[series]) < 1 { await shortPause() }
        }
    }

    @Test("an object without room is counted as uncached")
    func uncached() async throws {
        try await withLarder(change: { $0.cache.maxSize = .bytes(ByteCount(4096)) }) {
            larder, _ in
            _ = try await larder.request(.GET, blobPath)
            let scrape = try await larder.scrape(
                until: requests("blob", "GET", "uncached"), is: 1)
            #expect(scrape["larder_cache_max_bytes"] == 4096)
            #expect(scrape["larder_cache_objects"] == 0)
        }
    }

    @Test("refusals are errors, and what names no upstream counts by its status alone")
    func errors() async throws {
        try await withLarder { larder, _ in
            _ = try await larder.request(.GET, "/v2/lab.local/team/app/manifests/none")
            _ = try await larder.request(.GET, "/v2/other.example/team/app/manifests/1")
            _ = try await larder.request(.GET, "/v2/")
            _ = try await larder.request(.GET, "/healthz")
            let scrape = try await larder.scrape()
            #expect(
                scrape.series(of: "larder_requests_total")
                    == [requests("manifest", "GET", "error"): 1])
            #expect(
                scrape.series(of: "larder_responses_total") == [
                    "larder_responses_total{code=\"404\"}": 2,
                    "larder_responses_total{code=\"200\"}": 1,
                ])
        }
    }

    @Test("labels hold no repository, tag, digest or client, and no unconfigured upstream")
    func bounded() async throws {
        try await withLarder { larder, registry in
            for number in 0..<30 {
                let path = "/v2/lab.local/secret\(number)/app/manifests/tag\(number)"
                _ = try await larder.request(.GET, path)
                _ = try await larder.request(
                    .GET, "/v2/secret/app/manifests/latest?ns=secret\(number).example")
            }
            _ = try await larder.request(.GET, blobPath)
            let text = try await larder.scrape(
                until: requests("blob", "GET", "miss"), is: 1
            ).text.replacing(registry.url, with: "http://configured")
            for word in ["secret", "tag", "team", layer.hex, "127.0.0.1"] {
                #expect(!text.contains(word), "\(word)")
            }
            let counted = try await larder.scrape().series(of: "larder_requests_total")
            #expect(counted.count == 2)
        }
    }

    @Test("an upstream's rate limit is shown as it told it")
    func rateLimit() async throws {
        try await withLarder { larder, registry in
            registry.inject(.setHeader("RateLimit-Limit", "100;w=21600"), on: RequestMatcher())
            registry.inject(.setHeader("RateLimit-Remaining", "42;w=21600"), on: RequestMatcher())
            _ = try await larder.request(.GET, tagPath)
            let scrape = try await larder.scrape()
            let label = "{upstream=\"lab.local\",credential=\"0\"}"
            #expect(scrape["larder_upstream_rate_limit" + label] == 100)
            #expect(
                scrape.series(of: "larder_upstream_rate_limit_remaining")
                    == ["larder_upstream_rate_limit_remaining" + label: 42])
        }
    }
}
