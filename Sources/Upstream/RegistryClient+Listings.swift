// Listings: tags and referrers (OCI distribution-spec, "Listing Tags", "Listing Referrers").
import NIOHTTP1
import OCI

/// One page of a repository's tags.
package struct TagPage: Sendable, Equatable {
    /// Where the next page begins, as the registry's `Link` says.
    package struct Next: Sendable, Equatable {
        package var n: Int?
        package var last: String?

        package init(n: Int?, last: String?) {
            self.n = n
            self.last = last
        }
    }

    /// The JSON document as it was sent.
    package var body: [UInt8]
    package var next: Next?
}

/// One page of the referrers of a manifest: an index.
package struct ReferrersPage: Sendable, Equatable {
    package var body: [UInt8]
    package var mediaType: MediaType?
    /// Whether the registry itself filtered by artifact type (`OCI-Filters-Applied`).
    package var filtersApplied: Bool
    /// Whether the registry has further pages.
    package var hasNext: Bool
}

extension RegistryClient {
    /// Longest listing read.
    package static let maximumListingBytes = 4 * 1024 * 1024

    /// - Parameters:
    ///   - n: how many tags to ask for.
    ///   - last: the tag after which the page begins.
    package func tags(
        _ repository: RepositoryName, n: Int? = nil, last: String? = nil
    ) async throws -> TagPage {
        var items: [(name: String, value: String)] = []
        if let n { items.append(("n", "\(n)")) }
        if let last { items.append(("last", last)) }
        let response = try await listing(repository, "tags/list", query: items)
        let body = try await document(response, upTo: Self.maximumListingBytes)
        return TagPage(body: body, next: next(in: response))
    }

    /// - Throws: `.status(404)` where the registry has no referrers API.
    package func referrers(
        _ repository: RepositoryName, _ digest: Digest, artifactType: String? = nil
    ) async throws -> ReferrersPage {
        let items = artifactType.map { [(name: "artifactType", value: $0)] } ?? []
        let response = try await listing(repository, "referrers/\(digest)", query: items)
        let body = try await document(response, upTo: Self.maximumListingBytes)
        let filters = response.headers[canonicalForm: "oci-filters-applied"]
        return ReferrersPage(
            body: body, mediaType: mediaType(response),
            filtersApplied: filters.contains("artifactType"),
            hasNext: LinkHeader.next(in: response.headers["link"]) != nil)
    }

    private func listing(
        _ repository: RepositoryName, _ path: String, query: [(name: String, value: String)]
    ) async throws -> TransportResponse {
        var request = RegistryRequest(
            .GET, repository, path, query: PercentEncoding.query(query))
        request.headers.add(
            name: "accept", value: "\(MediaType.ociIndex), \(MediaType.json)")
        return try await send(request, expecting: [200])
    }

    private func next(in response: TransportResponse) -> TagPage.Next? {
        guard let link = LinkHeader.next(in: response.headers["link"]),
            let query = response.url.resolving(link)?.query
        else { return nil }
        return TagPage.Next(
            n: PercentEncoding.value(of: "n", in: query).flatMap { Int($0) },
            last: PercentEncoding.value(of: "last", in: query))
    }
}
