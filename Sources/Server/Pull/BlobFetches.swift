/// The fetches under way: at most one per digest.

import CacheStore
import Logging
import NIOCore
import OCI
import Synchronization

final class BlobFetches: Sendable {
    private let store: Store
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    let counter = FillCounter()
    private let running = Mutex<[Digest: BlobFetch]>([:])

    init(store: Store, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.store = store
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    func find(_ digest: Digest) -> BlobFetch? {
        running.withLock { $0[digest] }
    }

    var count: Int { running.withLock { $0.count } }

    /// The fetch that is running, or a new one led on behalf of `target`.
    func findOrLead(_ digest: Digest, target: PullTarget, settings: FillSettings) -> (
        fetch: BlobFetch, isLeader: Bool
    ) {
        let (fetch, isLeader) = running.withLock { running in
            if let fetch = running[digest] { return (fetch, false) }
            let fetch = BlobFetch(
                digest: digest, target: target, settings: settings, store: store,
                loop: eventLoopGroup.next(), counter: counter, logger: logger)
            running[digest] = fetch
            return (fetch, true)
        }
        if isLeader {
            fetch.start { [self] in
                running.withLock { running in
                    if running[digest] === fetch { running[digest] = nil }
                }
            }
        }
        return (fetch, isLeader)
    }

    /// Ends every fetch, keeping what can be gone on from (R34).
    func shutdown() async {
        for fetch in running.withLock({ Array($0.values) }) { await fetch.stop() }
    }
}
