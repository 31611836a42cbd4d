/// One of each document that the statistics and the admin API answer.
import CacheStore
import OCI
import TestKit
import Testing

@testable import Server

/// A document and the name of its schema.
struct DocumentSample: Sendable, CustomTestStringConvertible {
    let schema: String
    let document: any Encodable & Sendable

    var testDescription: String { schema }

    /// - Parameter time: what stands where it may be null.
    static func all(time: Timestamp?) -> [DocumentSample] {
        statistics(time: time) + images(time: time) + administration(time: time)
    }

    private static let digest = "\(Digest.sha256(of: [1]))"
    private static let traffic = TrafficDocument(Traffic())

    private static func statistics(time: Timestamp?) -> [DocumentSample] {
        let now = Timestamp(1_700_000_000)
        let limit = time.map {
            UpstreamDocument.RateLimit(limit: 1, remaining: 0, windowSeconds: nil, seenAt: $0)
        }
        let upstream = UpstreamDocument(
            name: "docker.io", traffic: traffic, objects: 1, storedBytes: 4096,
            maxBytes: time.map { _ in 1 },
            status: .init(
                state: .failing, sinceAt: time, lastSuccessAt: time, lastFailureAt: time,
                lastFailure: time.map { _ in "timed_out" }),
            isOffline: false,
            endpoints: [
                .init(
                    url: "https://a.example", resolves: true, state: .suspended, sinceAt: time,
                    lastFailure: time.map { _ in "timed_out_connect" },
                    suspendedSeconds: time.map { _ in 1 })
            ],
            tokens: 1, redirectsHandedOver: 0,
            rateLimit: limit,
            credentials: [.init(name: "team", rateLimit: limit, resumesAt: time)])
        let cache = CacheDocument(
            usedBytes: 1, storedBytes: 1, reservedBytes: 0, heldBytes: 0, maxBytes: 2,
            freeBytes: -1, objects: 1, manifests: 1, images: 1, pinsExceedBudget: false)
        return [
            sample(
                "Totals",
                TotalsDocument(
                    version: "1", sinceAt: now, uptimeSeconds: 1, traffic: traffic, cache: cache,
                    fillsInFlight: 0, evictions: .init(objects: 1, bytes: 1), upstreams: [upstream]
                )),
            sample(
                "LegacyCache",
                LegacyCacheDocument(
                    blobCount: 1, manifestCount: 1, totalRequests: 1, cacheHits: 1, cacheMisses: 0,
                    hitRate: time.map { _ in 1 }, totalSize: 1, inFlight: 0)),
            page("UpstreamPage", upstream, time),
            page(
                "RepositoryPage",
                RepositoryDocument(upstream: "a", repository: "b/c", traffic: traffic), time),
            page(
                "TimelinePage",
                TimelineDocument(startAt: now, stepSeconds: 3600, traffic: traffic), time),
            page(
                "ClientPage",
                ClientDocument(address: "::1", requests: 1, servedBytes: 1, lastAccessAt: now),
                time),
            sample("Error", ErrorDocument("no", parameter: time.map { _ in "limit" })),
        ]
    }

    private static func images(time: Timestamp?) -> [DocumentSample] {
        let now = Timestamp(1_700_000_000)
        let blob = ImageDetailDocument.Blob(
            digest: digest, kind: .layer, sizeBytes: 1, isCached: true, hits: 1,
            lastAccessAt: time, sharedWith: 0)
        let manifest = ImageDetailDocument.Manifest(
            digest: digest, platform: time.map { _ in "linux/amd64" }, mediaType: "a/b",
            sizeBytes: 1, isCached: true, lastAccessAt: time, blobs: [blob])
        return [
            sample(
                "ImageDetail",
                ImageDetailDocument(
                    name: "a/b:c", digest: digest, mediaType: "a/b",
                    pinnedBy: time.map { _ in "a/*" }, tags: [.init(name: "c", verifiedAt: now)],
                    sizeBytes: 1, cachedBytes: 1, pulls: 1, lastAccessAt: time,
                    manifests: [manifest])),
            page(
                "ImagePage",
                ImageDocument(
                    upstream: "a", repository: "b", reference: "c", digest: digest,
                    mediaType: "a/b", sizeBytes: 1, pulls: 1, servedBytes: 1, lastAccessAt: now),
                time),
            page(
                "ColdPage",
                ColdImageDocument(
                    digest: digest, image: time.map { _ in "a/b" }, sizeBytes: 1, cachedBytes: 1,
                    lastAccessAt: now), time),
            page(
                "EvictionPage",
                EvictionDocument(
                    evictedAt: now, digest: digest, kind: "orphan", image: time.map { _ in "a/b" },
                    reason: "budget", freedBytes: 1, lastAccessAt: now), time),
        ]
    }

    private static func administration(time: Timestamp?) -> [DocumentSample] {
        let removed = RemovedObjectDocument(
            digest: digest, kind: "blob", image: time.map { _ in "a/b" }, bytes: 1)
        return [
            sample(
                "Purge",
                PurgeDocument(
                    tags: 1, manifests: 1, blobs: 1, freedBytes: 1, heldBytes: 0, items: [removed])),
            sample(
                "Evict",
                EvictDocument(
                    objects: 1, freedBytes: 1, heldBytes: 0, isComplete: true, items: [removed])),
            sample(
                "Refresh",
                RefreshDocument(
                    image: "a/b:c", before: time.map { _ in digest }, after: digest, changed: true)),
            sample("Pins", PinsDocument(items: [.init(pattern: "a/b", source: .runtime)])),
            sample(
                "Offline",
                OfflineDocument(
                    items: [.init(upstream: "docker.io", isOffline: true, source: .runtime)])),
            sample("PinChange", PinChangeDocument(pattern: "a/b:c", changed: false)),
            sample(
                "Verification",
                VerificationDocument(
                    state: .done, startedAt: time, endedAt: time, objects: 1, checkedObjects: 1,
                    checkedBytes: 1, damagedObjects: 0)),
            sample(
                "Backup",
                BackupDocument(path: "/a", bytes: 1, madeAt: Timestamp(1_700_000_000))),
        ]
    }

    private static func page<Item: Codable & Sendable>(
        _ schema: String, _ item: Item, _ time: Timestamp?
    ) -> DocumentSample {
        sample(
            schema,
            PageDocument(items: [item], limit: 1, offset: 0, nextOffset: time.map { _ in 1 }))
    }

    private static func sample(
        _ schema: String, _ document: any Encodable & Sendable
    ) -> DocumentSample {
        DocumentSample(schema: schema, document: document)
    }
}
