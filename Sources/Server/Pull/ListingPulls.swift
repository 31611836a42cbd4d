/// Tag lists and referrers: passed on from the upstream, never stored.

import CacheStore
import HTTPTypes
import OCI
import Synchronization
import Upstream

struct ListingPull: Sendable {
    let services: PullServices
    let target: PullTarget

    /// - Parameter path: the path as the client wrote it, for the `Link` to the next page.
    func tags(_ request: RequestTarget) async throws -> Answer {
        let n = try request["n"].map { text throws -> Int in
            guard let n = Int(text), n >= 0 else {
                throw RegistryError(
                    .paginationNumberInvalid, "n must be a number of tags, not \(text.excerpt)")
            }
            return n
        }
        let page = try await target.registry.client.tags(
            target.key.repository, n: n, last: request["last"])
        var fields: HTTPFields = [:]
        if let next = page.next { fields[.link] = link(to: next, request) }
        return Answer(
            .ok, bytes: page.body, type: "application/json", fields: fields,
            outcome: .miss(upstreamStatus: 200))
    }

    private func link(to next: TagPage.Next, _ request: RequestTarget) -> String {
        let items = [
            ("n", next.n.map { "\($0)" }), ("last", next.last), ("ns", request["ns"]),
        ].compactMap { name, value in value.map { (name: name, value: $0) } }
        return "<\(request.path)?\(PercentEncoding.query(items) ?? "")>; rel=\"next\""
    }

    /// Without the API upstream this is 404 without `NAME_UNKNOWN`: clients fall back to the
    /// tag schema then.
    func referrers(_ digest: Digest, artifactType: String?) async throws -> Answer {
        let key = ReferrersCache.Key(
            repository: target.key, digest: digest, artifactType: artifactType)
        let (page, isCached) = try await services.referrers.page(for: key) {
            try await target.registry.client.referrers(
                target.key.repository, digest, artifactType: artifactType)
        }
        var fields: HTTPFields = [:]
        if page.filtersApplied { fields[.ociFiltersApplied] = "artifactType" }
        return Answer(
            .ok, bytes: page.body, type: MediaType.ociIndex.rawValue, fields: fields,
            outcome: isCached ? .hit : .miss(upstreamStatus: 200))
    }
}

/// Referrers pages, kept for half a minute: clients that verify signatures ask for the same
/// list again and again.
final class ReferrersCache: Sendable {
    struct Key: Hashable, Sendable {
        let repository: RepositoryKey
        let digest: Digest
        let artifactType: String?
    }

    private struct Entry {
        let page: ReferrersPage
        let until: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(30)
    private static let limit = 256

    private let entries = Mutex<[Key: Entry]>([:])
    private let flights = SingleFlight<Key, ReferrersPage>()

    func page(
        for key: Key, _ fetch: @escaping @Sendable () async throws -> ReferrersPage
    ) async throws -> (page: ReferrersPage, isCached: Bool) {
        let now = ContinuousClock.now
        if let entry = entries.withLock({ $0[key] }), entry.until > now {
            return (entry.page, true)
        }
        let page = try await flights.value(for: key, fetch).value
        entries.withLock { entries in
            if entries.count >= Self.limit { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.limit { entries = [:] }
            entries[key] = Entry(page: page, until: now + Self.lifetime)
        }
        return (page, false)
    }
}
