/// What every pull shares: the store, what is under way, and the settings in force.

import CacheStore
import Logging
import NIOCore
import OCI
import Synchronization

final class PullServices: Sendable {
    let store: Store
    let blobFetches: BlobFetches
    let manifestFetches = SingleFlight<ManifestFetchKey, FetchedManifest>()
    let tagHeads = SingleFlight<TagHeadKey, TagAnswer>()
    let tagVerifications = TagVerifications()
    let pendingManifests = PendingManifests()
    let referrers = ReferrersCache()
    let missing = NegativeCache()
    let offline: OfflineSwitch
    let repeatedDownloads = RepeatedDownloads()
    let metrics = RequestMetrics()
    let hotObjects = HotObjects()
    let access: CurrentAccess
    let signIn: SignIn
    let audit: Audit
    let connections: Connections
    /// At `admin.listen`.
    let operatorConnections: Connections
    let logger: Logger
    private let settings: Mutex<Configuration>

    init(
        store: Store, configuration: Configuration, eventLoopGroup: any EventLoopGroup,
        signIn: SignIn, logger: Logger, audit: Audit
    ) {
        self.store = store
        self.logger = logger
        self.audit = audit
        self.signIn = signIn
        settings = Mutex(configuration)
        offline = OfflineSwitch(configuration)
        access = CurrentAccess(configuration)
        connections = Connections(configuration.connections)
        operatorConnections = Connections(
            configuration.connections, atMost: Connections.maximumOfOperators)
        hotObjects.isEnabled = configuration.keepsHotObjects
        store.changes.observe(with: hotObjects)
        blobFetches = BlobFetches(
            store: store, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// What is known of a digest for whom the target is read. In an open upstream a reference is
    /// as good as a proof; anybody can push one that names a private digest of another repository
    /// (design §2, R62).
    func knowledge(of digest: Digest, for target: PullTarget) async throws -> DigestKnowledge {
        let knowledge = try await store.knowledge(of: digest, in: target.key)
        return target.registry.access == .open ? knowledge : knowledge.provenAlone
    }

    var configuration: Configuration { settings.withLock { $0 } }

    func apply(_ configuration: Configuration) {
        settings.withLock { $0 = configuration }
        offline.apply(configuration)
        access.apply(configuration)
        connections.apply(configuration.connections)
        operatorConnections.apply(configuration.connections)
        missing.removeAll()
        hotObjects.isEnabled = configuration.keepsHotObjects
    }
}
