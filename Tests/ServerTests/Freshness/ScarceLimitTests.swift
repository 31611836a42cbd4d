/// Tags that moved while their registry allows few pulls more.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Scarce pulls", .timeLimit(.minutes(3)))
struct ScarceLimitTests {
    private let image = SyntheticImage(seed: 15)
    private let next = SyntheticImage(seed: 16)
    private let tagPath = "/v2/lab.local/app/manifests/latest"

    @Test(
        "R59: at the reserve a tag that moved is served stale, above it the new one is pulled",
        arguments: [(remaining: 10, isStale: true), (11, false)])
    func moved(remaining: Int, isStale: Bool) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: { $0.tags.freshFor = .zero }
        ) { larder, registry in
            registry.inject(.setHeader("ratelimit-limit", "100;w=21600"), on: .init())
            registry.inject(.setHeader("ratelimit-remaining", "\(remaining);w=21600"), on: .init())
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            registry.add(repository: "app", image: next)
            registry.requests.removeAll()
            let response = try await larder.request(.GET, tagPath)
            #expect(response.status == 200)
            #expect(response.body == (isStale ? image : next).manifest)
            #expect(registry.requests.all.map(\.method) == (isStale ? ["HEAD"] : ["HEAD", "GET"]))
            let status = response.headers.first(name: "Cache-Status") ?? ""
            #expect(status.hasSuffix("detail=stale-rate_limit_reserve") == isStale, "\(status)")
        }
    }
}
