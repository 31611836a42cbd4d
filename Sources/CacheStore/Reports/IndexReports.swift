/// Questions to the index, on a connection of their own.

import OCI
import Synchronization

/// Answers are bounded and at most one flush old; none is in a hit's way.
package struct IndexReports: Sendable {
    let index: IndexReader

    package func totals() async throws -> StoreTotals {
        try await index.read { try $0.totals() }
    }

    package func upstreams() async throws -> [UpstreamRow] {
        try await index.read { try $0.upstreams() }
    }

    package func repositories(
        upstream: String?, order: RepositoryOrder, page: PageRequest
    ) async throws -> Page<RepositoryRow> {
        try await index.read { try $0.repositories(upstream: upstream, order: order, page: page) }
    }

    package func images(
        _ filter: ImageFilter, order: ImageOrder, ascending: Bool, page: PageRequest
    ) async throws -> Page<ImageRow> {
        try await index.read {
            try $0.images(filter, order: order, ascending: ascending, page: page)
        }
    }

    /// Nil where this repository is not known to have it.
    package func image(_ digest: Digest, in key: RepositoryKey) async throws -> ImageDetail? {
        try await index.read { try $0.imageDetail(digest, in: key) }
    }

    package func tag(_ tag: Tag, in key: RepositoryKey) async throws -> TagRecord? {
        try await index.read { try $0.tag(tag, in: key) }
    }

    /// Hours, and days where hours were rolled up already. Unix seconds.
    package func timeline(from start: Int64, to end: Int64) async throws -> [TimelineRow] {
        try await index.read { try $0.timeline(from: start, to: end) }
    }

    package func clients(order: ClientOrder, page: PageRequest) async throws -> Page<ClientRow> {
        try await index.read { try $0.clients(order: order, page: page) }
    }

    package func evictions(page: PageRequest) async throws -> Page<EvictionRow> {
        try await index.read { try $0.evictions(page: page) }
    }

    /// - Parameter before: Unix seconds.
    package func cold(before: Int64, page: PageRequest) async throws -> Page<ColdRow> {
        try await index.read { try $0.cold(before: before, page: page) }
    }

    /// Patterns pinned at run time.
    package func pins() async throws -> [String] {
        try await index.read { try $0.pins() }
    }

    // MARK: Without a server

    /// Opens the index of a data directory that no server has open, for reading alone.
    ///
    /// - Throws: `SQLiteError` where there is none, `SchemaError` where it is of another version.
    package static func open(directory: String) throws -> IndexReports {
        let database = try Database(path: directory + "/larder.db", mode: .reader)
        try Migrator.current.requireCurrent(database)
        return IndexReports(index: IndexReader(database))
    }

    package func close() async {
        await index.close()
    }
}

extension Store {
    package var indexReports: IndexReports { IndexReports(index: reports) }

    /// What is counted but not written yet.
    package var pendingTraffic: Traffic { accounts.pending }

    package var arePinsOverBudget: Bool { pinsExceedBudget.withLock { $0 } }
}
