/// The answers of `/stats`: what is asked of the index, as documents (docs/statistics.md).

import CacheStore
import FoundationEssentials
import OCI

struct StatisticsQueries: Sendable {
    let reports: IndexReports
    let totals: any StatisticsTotals
    /// Completes what people leave out of a name, as it is configured now: aliases, `library/`.
    let addressing: @Sendable () -> Addressing
    let now: @Sendable () -> Int64

    /// The answer's JSON.
    /// - Throws: `RequestProblem`, `SQLiteError`.
    func answer(_ topic: StatisticsTopic, query: String) async throws -> [UInt8] {
        let parameters = try QueryParameters(query, known: topic.parameters)
        switch topic {
        case .totals: return try JSONDocument.encode(try await totals.document())
        case .cache:
            return try JSONDocument.encode(LegacyCacheDocument(try await totals.document()))
        case .upstreams: return try await upstreams(parameters)
        case .repositories: return try await repositories(parameters)
        case .images: return try await images(parameters)
        case .image: return try await image(parameters)
        case .timeline: return try await timeline(parameters)
        case .clients: return try await clients(parameters)
        case .evictions: return try await evictions(parameters)
        case .cold: return try await cold(parameters)
        }
    }

    private func upstreams(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        let all = try await totals.upstreams()
        return try Self.page(Array(all.dropFirst(page.offset)), page) { $0 }
    }

    private func repositories(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        let found = try await reports.repositories(
            upstream: parameters["upstream"],
            order: try parameters.choice("sort", default: RepositoryOrder.requests), page: page)
        return try Self.page(found, page) { row in
            RepositoryDocument(
                upstream: row.key.upstream, repository: "\(row.key.repository)",
                traffic: TrafficDocument(row.traffic))
        }
    }

    private enum Direction: String, CaseIterable { case asc, desc }

    private func images(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        var filter = ImageFilter()
        filter.upstream = parameters["upstream"]
        filter.repository = try parameters.repository("repository")
        filter.since = try parameters.time("since")
        filter.pattern = try parameters.pattern("pattern", addressing())
        let found = try await reports.images(
            filter, order: try parameters.choice("sort", default: ImageOrder.lastAccess),
            ascending: try parameters.choice("order", default: Direction.desc) == .asc, page: page)
        return try Self.page(found, page) { ImageDocument($0) }
    }

    private func image(_ parameters: QueryParameters) async throws -> [UInt8] {
        guard let name = parameters["name"] else {
            throw RequestProblem(400, "name is missing", parameter: "name")
        }
        let image: ImageReference
        let key: RepositoryKey
        do throws(RegistryError) {
            image = try ImageReference(name)
            key = try addressing().key(of: image)
        } catch {
            throw RequestProblem(error.status, error.message, parameter: "name")
        }
        guard let digest = try await digest(of: image.reference, in: key),
            let detail = try await reports.image(digest, in: key)
        else { throw RequestProblem(404, "\(image) is not in the cache", parameter: "name") }
        let pins = try await totals.pins()
        return try JSONDocument.encode(
            ImageDetailDocument(name: "\(image)", detail: detail, pins: pins))
    }

    private func digest(of reference: Reference, in key: RepositoryKey) async throws -> Digest? {
        switch reference {
        case .digest(let digest): digest
        case .tag(let tag): try await reports.tag(tag, in: key)?.digest
        }
    }

    private enum Step: String, CaseIterable { case hour, day }

    private func timeline(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        let end = try parameters.time("to") ?? now() + 1
        let start = try parameters.time("from") ?? end - 86_400
        guard start <= end else {
            throw RequestProblem(400, "from must not be later than to", parameter: "from")
        }
        let step: Int64 = try parameters.choice("step", default: Step.hour) == .day ? 86_400 : 3600
        let rows = try await reports.timeline(from: start - start % step, to: end)
        let steps = Timeline.rows(rows, step: step)
        return try Self.page(Array(steps.dropFirst(page.offset)), page) { row in
            TimelineDocument(
                startAt: Timestamp(row.startAt), stepSeconds: row.seconds,
                traffic: TrafficDocument(row.traffic))
        }
    }

    private func clients(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        let found = try await reports.clients(
            order: try parameters.choice("sort", default: ClientOrder.bytes), page: page)
        return try Self.page(found, page) { row in
            ClientDocument(
                address: row.address, requests: row.requests, servedBytes: row.bytes,
                lastAccessAt: Timestamp(row.accessedAt))
        }
    }

    private func evictions(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        return try Self.page(try await reports.evictions(page: page), page) { row in
            EvictionDocument(
                evictedAt: Timestamp(row.evictedAt), digest: "\(row.digest)", kind: row.kind,
                image: row.name, reason: row.reason, freedBytes: row.diskSize,
                lastAccessAt: Timestamp(row.accessedAt))
        }
    }

    private func cold(_ parameters: QueryParameters) async throws -> [UInt8] {
        let page = try parameters.page()
        let age = try parameters.duration("older_than") ?? .seconds(30 * 86_400)
        let before = now() - age.components.seconds
        return try Self.page(try await reports.cold(before: before, page: page), page) { row in
            ColdImageDocument(
                digest: "\(row.digest)", image: row.name, sizeBytes: row.size,
                cachedBytes: row.cachedBytes, lastAccessAt: Timestamp(row.accessedAt))
        }
    }

    // MARK: Pages

    private static func page<Row, Item: Codable & Sendable>(
        _ found: Page<Row>, _ page: PageRequest, _ document: (Row) -> Item
    ) throws -> [UInt8] {
        try JSONDocument.encode(
            PageDocument(
                items: found.rows.map(document), limit: page.limit, offset: page.offset,
                nextOffset: found.hasMore ? page.offset + page.limit : nil))
    }

    /// - Parameter rest: what follows the offset.
    private static func page<Row: Sendable, Item: Codable & Sendable>(
        _ rest: [Row], _ page: PageRequest, _ document: (Row) -> Item
    ) throws -> [UInt8] {
        try self.page(Page(rest, page), page, document)
    }
}
