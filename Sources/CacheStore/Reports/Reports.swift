/// What the index tells of itself: rows as values. Times are Unix seconds, sizes bytes.

import OCI

package struct StoreTotals: Sendable {
    /// When counting began.
    package let since: Int64
    package let traffic: Traffic
    package let objects: Int64
    /// On the disk.
    package let bytes: Int64
    package let manifests: Int64
    package let images: Int64
    package let evictions: Int64
    package let evictedBytes: Int64
}

package struct UpstreamRow: Sendable {
    package let name: String
    package let traffic: Traffic
    /// What it brought first.
    package let objects: Int64
    package let bytes: Int64
}

package struct RepositoryRow: Sendable {
    package let key: RepositoryKey
    package let traffic: Traffic
}

package struct ImageRow: Sendable {
    package let key: ImageKey
    package let digest: Digest
    package let mediaType: MediaType
    /// Of the manifest and what it describes.
    package let size: Int64
    package let pulls: Int64
    package let bytesServed: Int64
    package let accessedAt: Int64
}

package struct TimelineRow: Sendable {
    package let startAt: Int64
    /// 3600 or 86400.
    package let seconds: Int64
    package let traffic: Traffic

    package init(startAt: Int64, seconds: Int64, traffic: Traffic) {
        self.startAt = startAt
        self.seconds = seconds
        self.traffic = traffic
    }
}

package struct ClientRow: Sendable {
    package let address: String
    package let requests: Int64
    package let bytes: Int64
    package let accessedAt: Int64
}

package struct EvictionRow: Sendable {
    package let evictedAt: Int64
    package let digest: Digest
    package let kind: String
    package let name: String?
    package let reason: String
    package let diskSize: Int64
    package let accessedAt: Int64
}

package struct ColdRow: Sendable {
    package let digest: Digest
    /// A tag that names it, or a repository.
    package let name: String?
    package let size: Int64
    /// Blocks of what would go with it.
    package let cachedBytes: Int64
    package let accessedAt: Int64
}

/// A part of a list.
package struct PageRequest: Sendable {
    package var limit: Int
    package var offset: Int

    package init(limit: Int, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }
}

package struct Page<Row: Sendable>: Sendable {
    package let rows: [Row]
    package let hasMore: Bool

    /// - Parameter found: one row more than asked for, where there is one.
    package init(_ found: [Row], _ request: PageRequest) {
        rows = Array(found.prefix(request.limit))
        hasMore = found.count > request.limit
    }
}

package enum RepositoryOrder: String, CaseIterable, Sendable {
    case requests, hits, pulls, bytes
}

package enum ImageOrder: String, CaseIterable, Sendable {
    case lastAccess = "last_access"
    case hits, bytes, size
}

package enum ClientOrder: String, CaseIterable, Sendable {
    case bytes, requests
    case lastAccess = "last_access"
}

package struct ImageFilter: Sendable {
    package var upstream: String?
    package var repository: RepositoryName?
    /// Unix seconds of the last access.
    package var since: Int64?
    package var pattern: ImagePattern?

    package init() {}
}
