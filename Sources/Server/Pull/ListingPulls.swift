/// Tag lists and referrers: passed on from the upstream, never stored.

import CacheStore
import HTTPTypes
import OCI
import Upstream

struct ListingPull: Sendable {
    /// Longest query that is passed on.
    private static let maximumQueryBytes = 4096

    let services: PullServices
    let target: PullTarget

    /// - Parameter request: its path is taken as the client wrote it, for the `Link` to the next
    ///   page.
    func tags(_ request: RequestTarget) async throws -> Answer {
        if let n = request["n"], Int(n).map({ $0 >= 0 }) != true {
            throw RegistryError(
                .paginationNumberInvalid, "n must be a number of tags, not \(n.excerpt)")
        }
        let page = try await target.registry.client.tags(
            target.key.repository, query: query(of: request))
        return answer(
            page, "application/json", request, .miss(upstreamStatus: 200, isStored: false))
    }

    /// Without the API upstream this is 404 without `NAME_UNKNOWN`: clients fall back to the
    /// tag schema then.
    func referrers(_ digest: Digest, _ request: RequestTarget) async throws -> Answer {
        let key = ReferrersKey(
            repository: target.key, reader: target.reader, digest: digest,
            query: try query(of: request))
        let fetch = ReferrersFetch(client: target.registry.client, key: key)
        guard services.configuration.cache.enabled else {
            return answer(
                try await fetch.page(), MediaType.ociIndex.rawValue, request,
                .uncached(upstreamStatus: 200))
        }
        let (page, isCached) = try await services.referrers.page(for: key) {
            try await fetch.page()
        }
        return answer(
            page, MediaType.ociIndex.rawValue, request,
            isCached ? .hit : .miss(upstreamStatus: 200, isStored: false))
    }

    private func answer(
        _ page: ListingPage, _ type: String, _ request: RequestTarget, _ outcome: CacheOutcome
    ) -> Answer {
        var fields: HTTPFields = [:]
        if let next = page.next { fields[.link] = link(to: next, request) }
        if page.filtersApplied { fields[.ociFiltersApplied] = "artifactType" }
        return Answer(.ok, bytes: page.body, type: type, fields: fields, outcome: outcome)
    }

    private func link(to next: String, _ request: RequestTarget) -> String {
        let namespace = request["ns"].map { "&ns=\(PercentEncoding.encode($0))" } ?? ""
        return "<\(request.path)?\(next)\(namespace)>; rel=\"next\""
    }

    /// What the client asked with, without Larder's own `ns`: a page is named by the upstream's
    /// parameters, which only the upstream knows.
    private func query(of request: RequestTarget) throws -> String? {
        let query = PercentEncoding.query(request.parameters.filter { $0.name != "ns" })
        guard (query?.utf8.count ?? 0) <= Self.maximumQueryBytes else {
            throw RegistryError(.unsupported, "the query is too long", status: 400)
        }
        return query
    }
}
