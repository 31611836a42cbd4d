/// `/stats`: the index's totals, the budget, and what the upstreams are known to do.

import CacheStore
import OCI
import Upstream

struct TotalsReport: StatisticsTotals {
    let services: PullServices
    let registries: CurrentRegistries
    let startedAt: ContinuousClock.Instant

    private var store: Store { services.store }

    func document() async throws -> TotalsDocument {
        let totals = try await store.indexReports.totals()
        return TotalsDocument(
            version: Version.current, sinceAt: Timestamp(totals.since),
            uptimeSeconds: (ContinuousClock.now - startedAt).components.seconds,
            traffic: TrafficDocument(totals.traffic + store.pendingTraffic),
            cache: CacheDocument(
                store.budget.state, totals, pinsExceedBudget: store.arePinsOverBudget),
            fillsInFlight: Int64(services.blobFetches.count),
            evictions: TotalsDocument.Evictions(
                objects: totals.evictions, bytes: totals.evictedBytes),
            upstreams: try await upstreams())
    }

    /// The configured ones, by name, and those of the index that were configured once.
    func upstreams() async throws -> [UpstreamDocument] {
        let rows = try await store.indexReports.upstreams()
        let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
        let table = registries.current
        let names = Set(table.names).union(rows.filter { $0.objects > 0 }.map(\.name)).sorted()
        return names.map { name in
            UpstreamDocument(
                name, known[name], registry: table.named(name),
                isOffline: services.offline.isOffline(name),
                maxBytes: store.shareLimit(of: name), now: store.clock.now())
        }
    }

    func pins() async throws -> [ImagePattern] {
        let pins = try await store.pins()
        return pins.configured + pins.made
    }
}

extension CacheDocument {
    init(_ budget: Budget.State, _ totals: StoreTotals, pinsExceedBudget: Bool) {
        self.init(
            usedBytes: budget.used, storedBytes: budget.committed, reservedBytes: budget.reserved,
            heldBytes: budget.held, maxBytes: budget.limit, freeBytes: budget.spare,
            objects: totals.objects, manifests: totals.manifests, images: totals.images,
            pinsExceedBudget: pinsExceedBudget)
    }
}

extension UpstreamDocument {
    /// - Parameters:
    ///   - row: nil where nothing was ever asked of it.
    ///   - registry: nil where it is not configured any more.
    ///   - now: Unix seconds.
    init(
        _ name: String, _ row: UpstreamRow?, registry: Registry?, isOffline: Bool,
        maxBytes: Int64?, now: Int64
    ) {
        let activity = registry?.client.activity.snapshot
        self.init(
            name: name, traffic: TrafficDocument(row?.traffic ?? Traffic()),
            objects: row?.objects ?? 0, storedBytes: row?.bytes ?? 0, maxBytes: maxBytes,
            status: Status(activity), isOffline: isOffline,
            endpoints: registry?.client.endpointSnapshots.map { Endpoint($0) } ?? [],
            tokens: Int64(activity?.tokens ?? 0),
            redirectsHandedOver: Int64(activity?.handedOver ?? 0),
            rateLimit: activity?.rateLimit.map { RateLimit($0) },
            credentials: activity?.identities.map { Credential($0, now: now) } ?? [])
    }
}

extension UpstreamDocument.Status {
    /// - Parameter activity: nil for an upstream that is not configured any more.
    fileprivate init(_ activity: UpstreamActivity.Snapshot?) {
        let state: UpstreamDocument.State =
            switch activity?.state {
            case .up: .up
            case .failing: .failing
            case .unknown, nil: .unknown
            }
        self.init(
            state: state, sinceAt: activity?.since.map { Timestamp($0) },
            lastSuccessAt: activity?.lastSuccess.map { Timestamp($0) },
            lastFailureAt: activity?.lastFailure.map { Timestamp($0) },
            lastFailure: activity?.lastFailureWord)
    }
}

extension UpstreamDocument.Endpoint {
    fileprivate init(_ endpoint: EndpointSnapshot) {
        let state: State =
            switch endpoint.isUp {
            case nil: .unknown
            case _ where endpoint.isSuspended: .suspended
            case true?: .up
            case false?: .failing
            }
        self.init(
            url: "\(endpoint.url)", resolves: endpoint.resolves, state: state,
            sinceAt: endpoint.since.map { Timestamp($0) }, lastFailure: endpoint.lastFailureWord,
            suspendedSeconds: endpoint.suspendedFor.map(\.components.seconds))
    }
}

extension UpstreamDocument.Credential {
    fileprivate init(_ identity: IdentitySnapshot, now: Int64) {
        let pause = identity.pause.map { Int64(($0 / .seconds(1)).rounded(.up)) }
        self.init(
            name: identity.label,
            rateLimit: identity.rateLimit.map { UpstreamDocument.RateLimit($0) },
            resumesAt: pause.map { Timestamp(now + $0) })
    }
}

extension UpstreamDocument.RateLimit {
    fileprivate init(_ limit: RateLimit) {
        self.init(
            limit: Int64(limit.limit), remaining: Int64(limit.remaining),
            windowSeconds: limit.windowSeconds.map { Int64($0) }, seenAt: Timestamp(limit.seenAt))
    }
}
