// Listings: tags and referrers (OCI distribution-spec, "Listing Tags", "Listing Referrers").
import NIOHTTP1
import OCI

/// One page of a listing.
package struct ListingPage: Sendable, Equatable {
    /// The JSON document as it was sent.
    package var body: [UInt8]
    /// The query that asks for the next page, as the registry's `Link` has it, encoded anew.
    package var next: String?
    /// Whether the registry itself filtered by artifact type (`OCI-Filters-Applied`).
    package var filtersApplied: Bool
}

extension RegistryClient {
    /// Longest listing read.
    package static let maximumListingBytes = 4 * 1024 * 1024
    /// Longest query of a next page.
    private static let maximumQueryBytes = 4096

    /// - Parameter query: `n`, `last`, or what the page before named as `next`.
    package func tags(
        _ repository: RepositoryName, query: String? = nil
    ) async throws -> ListingPage {
        try await listing(repository, "tags/list", query: query)
    }

    /// - Parameter query: `artifactType`, or what the page before named as `next`.
    /// - Throws: `.status(404)` where the registry has no referrers API.
    package func referrers(
        _ repository: RepositoryName, _ digest: Digest, query: String? = nil
    ) async throws -> ListingPage {
        try await listing(repository, "referrers/\(digest)", query: query)
    }

    private func listing(
        _ repository: RepositoryName, _ path: String, query: String?
    ) async throws -> ListingPage {
        var request = RegistryRequest(.GET, repository, path, query: query)
        request.headers.add(
            name: "accept", value: "\(MediaType.ociIndex), \(MediaType.json)")
        return try await send(request) { response in
            try await require(response, [200])
            let filters = response.headers[canonicalForm: "oci-filters-applied"]
            return ListingPage(
                body: try await document(response, upTo: Self.maximumListingBytes),
                next: next(in: response), filtersApplied: filters.contains("artifactType"))
        }
    }

    /// Registries name the next page by `last`, or by a cursor of their own, as quay's
    /// `next_page`: the whole query is taken, of the path nothing.
    private func next(in response: TransportResponse) -> String? {
        guard let link = LinkHeader.next(in: response.headers["link"]),
            let query = response.url.resolving(link)?.query
        else { return nil }
        let items = PercentEncoding.items(in: query).filter { $0.name != "ns" }
        return PercentEncoding.query(items).flatMap {
            $0.utf8.count <= Self.maximumQueryBytes ? $0 : nil
        }
    }
}
