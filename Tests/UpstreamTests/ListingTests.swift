// Tags and referrers, page by page.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Listings")
struct ListingTests {
    private let image = SyntheticImage(seed: 1)

    private func withImage(_ body: (ScriptedRegistry) async throws -> Void) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await body(registry)
        }
    }

    @Test(
        "tags come page by page, each naming the next by the registry's own parameters",
        arguments: [(nil, "last=latest&n=2"), ("next_page", "next_page=a%2Bb%2F2%3D")])
    func tagPages(cursor: String?, next: String) async throws {
        try await withImage { registry in
            registry.add(repository: repository, manifest: image.manifest, tags: ["1.0+x", "zz"])
            registry.setPageSize(2, cursor: cursor)
            try await withClient(of: registry) { client in
                let first = try await client.tags(try name(), query: "n=100")
                #expect(first.next == next)
                let second = try await client.tags(try name(), query: first.next)
                #expect(second.next == nil)
                #expect(String(decoding: second.body, as: UTF8.self).contains("\"zz\""))
            }
        }
    }

    @Test("referrers tell whether the registry filtered them")
    func referrers() async throws {
        try await withImage { registry in
            registry.add(
                repository: repository, referrer: Array("{}".utf8), of: image.digest,
                artifactType: "application/sbom")
            try await withClient(of: registry) { client in
                let all = try await client.referrers(try name(), image.digest)
                #expect(!all.filtersApplied)
                let some = try await client.referrers(
                    try name(), image.digest, query: "artifactType=application%2Fother")
                #expect(some.filtersApplied)
                #expect(!String(decoding: some.body, as: UTF8.self).contains("sbom"))
            }
        }
    }
}
