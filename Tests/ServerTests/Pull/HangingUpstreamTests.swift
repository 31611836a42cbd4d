/// A registry that accepts requests and does not answer them, beside one that does (R54).
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("A hanging upstream", .timeLimit(.minutes(3)))
struct HangingUpstreamTests {
    private let blob = SeededBytes.make(count: 300_000, seed: 54)
    private var digest: Digest { .sha256(of: blob) }

    @Test("an upstream that hangs delays no other one (R54)")
    func otherContent() async throws {
        try await delaysNobody(asking: .sha256(of: [1]))
    }

    @Test("nor whoever asks another one for the digest that it owes (R54)")
    func sameContent() async throws {
        try await delaysNobody(asking: digest)
    }

    /// - Parameter owed: what the upstream that hangs is asked for.
    private func delaysNobody(asking owed: Digest) async throws {
        try await ScriptedRegistry.with { hanging in
            let url = try #require(EndpointURL(hanging.url))
            try await withLarder(
                { $0.add(repository: "app", blob: blob) },
                change: {
                    $0.upstreams["docker.io"]?.endpoints = [EndpointSettings(url: url)]
                    $0.upstreams["docker.io"]?.timeouts.responseHeader = .seconds(120)
                }
            ) { larder, _ in
                hanging.inject(.hang(), on: .init())
                async let hung = larder.request(.GET, "/v2/docker.io/app/blobs/\(owed)")
                try await hanging.requests.wait(for: .init("GET"))
                let response = try await larder.request(
                    .GET, "/v2/lab.local/app/blobs/\(digest)")
                #expect(response.body == blob)
                #expect(hanging.requests.all.map(\.isAnswered) == [false])
                hanging.release("hang")
                #expect(try await hung.status == 404)
            }
        }
    }
}
