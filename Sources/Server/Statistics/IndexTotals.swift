/// `/stats` without a server: what the index and the configuration tell.

import CacheStore
import OCI

struct IndexTotals: StatisticsTotals {
    let reports: IndexReports
    let configuration: Configuration

    func document() async throws -> TotalsDocument {
        let totals = try await reports.totals()
        let limits = configuration.storeLimits
        let budget = try await reports.budget(
            directory: configuration.dataDirectory, limits: limits)
        return TotalsDocument(
            version: Version.current, sinceAt: Timestamp(totals.since), uptimeSeconds: nil,
            traffic: TrafficDocument(totals.traffic),
            cache: CacheDocument(budget, totals, pinsExceedBudget: false), fillsInFlight: 0,
            evictions: TotalsDocument.Evictions(
                objects: totals.evictions, bytes: totals.evictedBytes),
            upstreams: try await upstreams())
    }

    func upstreams() async throws -> [UpstreamDocument] {
        let rows = try await reports.upstreams()
        let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
        let shares = try await reports.shares(
            directory: configuration.dataDirectory, limits: configuration.storeLimits)
        let names = Set(configuration.upstreams.keys)
            .union(rows.filter { $0.objects > 0 }.map(\.name)).sorted()
        let offline = OfflineSwitch(configuration)
        return names.map { name in
            UpstreamDocument(
                name, known[name], registry: nil, isOffline: offline.isOffline(name),
                maxBytes: shares[name], now: 0)
        }
    }

    func pins() async throws -> [ImagePattern] {
        configuration.cache.pins + (try await pinsMade())
    }

    func pinsMade() async throws -> [ImagePattern] {
        try await reports.pins().map { try ImagePattern($0) }
    }
}
