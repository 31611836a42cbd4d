/// What clients see while the circuit of an upstream is open.
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Pulls from a suspended upstream", .timeLimit(.minutes(1)))
struct CircuitPullTests {
    private let image = SyntheticImage(seed: 15)
    private let tagPath = "/v2/lab.local/app/manifests/latest"

    @Test("what is cached is served, the rest refused with Retry-After, and nothing is asked")
    func suspended() async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: {
                $0.tags.freshFor = .zero
                $0.upstreams["lab.local"]?.breaker = BreakerSettings(
                    failures: 2, openFor: .seconds(3600))
            }
        ) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.inject(.respond(status: 503), on: .init())
            for _ in 0..<2 { _ = try await larder.request(.GET, tagPath) }
            let calls = registry.requests.all.count
            for _ in 0..<5 {
                let stale = try await larder.request(.GET, tagPath)
                #expect(stale.body == image.manifest)
                let absent = try await larder.request(.GET, "/v2/lab.local/app/manifests/other")
                #expect(absent.status == 503)
                let wait = absent.headers.first(name: "Retry-After").flatMap { Int($0) }
                #expect((2600...3600).contains(wait ?? 0))
            }
            #expect(registry.requests.all.count == calls)
            let text = try await larder.request(.GET, "/metrics").body
            let line = "endpoint_suspended{upstream=\"lab.local\",endpoint=\"\(registry.url)\"} 1"
            #expect(String(decoding: text, as: UTF8.self).contains(line))
        }
    }
}
