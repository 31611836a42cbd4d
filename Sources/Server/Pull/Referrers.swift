/// Lists of referrers: the upstream's pages made one, and kept for half a minute.

import CacheStore
import OCI
import Synchronization
import Upstream

struct ReferrersKey: Hashable, Sendable {
    let repository: RepositoryKey
    let reader: Reader
    let digest: Digest
    let query: String?
}

/// Follows the upstream's `Link`s: many clients read one page only. Past the bounds the answer has
/// a `Link` of its own.
struct ReferrersFetch: Sendable {
    static let maximumPages = 16
    /// What clients read of an index (clients.md).
    static let maximumBytes = Manifest.maximumBytes

    let client: RegistryClient
    let key: ReferrersKey

    /// - Throws: `UpstreamError`, or `MANIFEST_INVALID` with 503 where a page is no index.
    func page() async throws -> ListingPage {
        do {
            return try await merged()
        } catch let error as RegistryError {
            throw RegistryError(
                error.code, "\(key.repository.upstream): \(error.message)", status: 503)
        }
    }

    private func merged() async throws -> ListingPage {
        var page = try await page(key.query)
        guard page.next != nil else { return page }
        var index = try ReferrersIndex(firstPage: page.body)
        var bytes = page.body.count
        for _ in 1..<Self.maximumPages {
            guard let next = page.next else { break }
            let further = try await self.page(next)
            bytes += further.body.count
            guard bytes <= Self.maximumBytes else { break }
            try index.append(page: further.body)
            page.next = further.next == next ? nil : further.next
            page.filtersApplied = page.filtersApplied && further.filtersApplied
        }
        page.body = index.bytes
        return page
    }

    private func page(_ query: String?) async throws -> ListingPage {
        try await client.referrers(key.repository.repository, key.digest, query: query)
    }
}

/// Clients that verify signatures ask for the same list again and again.
final class ReferrersCache: Sendable {
    private struct Entry {
        let page: ListingPage
        let until: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(30)
    private static let limit = 256
    /// Longer lists are not kept, so that all of them stay within 16 MiB.
    private static let maximumBytes = 64 * 1024

    private let entries = Mutex<[ReferrersKey: Entry]>([:])
    private let flights = SingleFlight<ReferrersKey, ListingPage>()

    func page(
        for key: ReferrersKey, _ fetch: @escaping @Sendable () async throws -> ListingPage
    ) async throws -> (page: ListingPage, isCached: Bool) {
        let now = ContinuousClock.now
        if let entry = entries.withLock({ $0[key] }), entry.until > now {
            return (entry.page, true)
        }
        let page = try await flights.value(for: key, fetch).value
        if page.body.count <= Self.maximumBytes { keep(page, for: key, now) }
        return (page, false)
    }

    private func keep(_ page: ListingPage, for key: ReferrersKey, _ now: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= Self.limit { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.limit { entries = [:] }
            entries[key] = Entry(page: page, until: now + Self.lifetime)
        }
    }
}
