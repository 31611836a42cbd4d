/// Tag lists and referrers through the server.
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Listing pulls")
struct ListingPullTests {
    private struct Tags: Decodable { let tags: [String] }
    private struct Index: Decodable {
        struct Entry: Decodable { let digest: String }
        let manifests: [Entry]
    }

    private let image = SyntheticImage(seed: 5)
    private var referrersPath: String { "/v2/app/referrers/\(image.digest)?ns=lab.local" }

    private func addTags(_ registry: ScriptedRegistry) {
        registry.add(
            repository: "app", manifest: image.manifest, tags: ["1", "2", "3", "4", "5"])
    }

    private func addReferrers(_ count: Int, to registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image)
        for number in 0..<count {
            registry.add(
                repository: "app", referrer: Array("{\"a\":\(number)}".utf8), of: image.digest,
                artifactType: number.isMultiple(of: 2) ? "application/a+b" : "application/c")
        }
    }

    /// The path and query of a `Link` to the next page.
    private func next(_ response: TestResponse) -> String? {
        response.headers.first(name: "Link").map { link in
            String(link.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
        }
    }

    private func digests(_ response: TestResponse) throws -> [String] {
        try JSONDecoder().decode(Index.self, from: Data(response.body)).manifests.map(\.digest)
    }

    @Test(
        "tags are paged through by the Link, whatever names the next page upstream",
        arguments: [nil, "next_page"])
    func tags(cursor: String?) async throws {
        try await withLarder(addTags) { larder, registry in
            registry.setPageSize(2, cursor: cursor)
            var found: [String] = []
            var path: String? = "/v2/app/tags/list?n=2&ns=lab.local"
            while let current = path, found.count <= 5 {
                #expect(current.hasPrefix("/v2/app/tags/list?"))
                let response = try await larder.request(.GET, current)
                #expect(response.status == 200)
                found += try JSONDecoder().decode(Tags.self, from: Data(response.body)).tags
                path = next(response)
            }
            #expect(found == ["1", "2", "3", "4", "5"])
        }
    }

    @Test("R76: of an upstream's Link only the parameters are passed on")
    func foreignLink() async throws {
        try await withLarder(addTags) { larder, registry in
            registry.inject(
                .setHeader("Link", "<http://evil.example/x?last=2&ns=quay.io>; rel=\"next\""),
                on: RequestMatcher("GET", "/tags/list"))
            let response = try await larder.request(.GET, "/v2/app/tags/list?ns=lab.local")
            #expect(next(response) == "/v2/app/tags/list?last=2&ns=lab.local")
        }
    }

    @Test("n that is no number is PAGINATION_NUMBER_INVALID", arguments: ["x", "-1"])
    func wrongNumber(n: String) async throws {
        try await withLarder(addTags) { larder, _ in
            let response = try await larder.request(.GET, "/v2/lab.local/app/tags/list?n=\(n)")
            #expect(response.status == 400)
            let body = String(decoding: response.body, as: UTF8.self)
            #expect(body.contains("PAGINATION_NUMBER_INVALID"))
        }
    }

    @Test("referrers that come in pages are answered as one index, and kept briefly")
    func referrers() async throws {
        try await withLarder({ addReferrers(7, to: $0) }) { larder, registry in
            registry.setPageSize(3)
            for outcome in ["MISS", "HIT"] {
                let response = try await larder.request(.GET, referrersPath)
                #expect(try digests(response).count == 7)
                #expect(Set(try digests(response)).count == 7)
                #expect(next(response) == nil)
                #expect(response.headers.first(name: "X-Cache") == outcome)
            }
            #expect(registry.requests.count("GET", "/referrers/") == 3)
        }
    }

    @Test("referrers filtered upstream are filtered on every page")
    func filtered() async throws {
        try await withLarder({ addReferrers(7, to: $0) }) { larder, registry in
            registry.setPageSize(1)
            let response = try await larder.request(
                .GET, referrersPath + "&artifactType=application%2Fa%2Bb")
            #expect(try digests(response).count == 4)
            #expect(response.headers.first(name: "OCI-Filters-Applied") == "artifactType")
        }
    }

    @Test("past the most pages that Larder follows, a Link leads to the rest")
    func manyPages() async throws {
        let count = ReferrersFetch.maximumPages + 4
        try await withLarder({ addReferrers(count, to: $0) }) { larder, registry in
            registry.setPageSize(1)
            let first = try await larder.request(.GET, referrersPath)
            #expect(try digests(first).count == ReferrersFetch.maximumPages)
            let path = try #require(next(first))
            let rest = try await larder.request(.GET, path)
            #expect(Set(try digests(first) + digests(rest)).count == count)
            #expect(next(rest) == nil)
        }
    }

    @Test("a page that is no index is the upstream's failure, not an empty list")
    func brokenPage() async throws {
        try await withLarder({ addReferrers(4, to: $0) }) { larder, registry in
            registry.setPageSize(2)
            registry.inject(.body(Array("[]".utf8)), on: RequestMatcher("GET", "next="))
            let response = try await larder.request(.GET, referrersPath)
            #expect(response.status == 503)
        }
    }
}
