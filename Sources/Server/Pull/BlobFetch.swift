/// One blob being fetched: who leads, who reads, when it ends.

import CacheStore
import Logging
import NIOCore
import OCI
import Synchronization
import Upstream

/// Belongs to no request. Readers hold a `FetchReader`; when the last is gone the fetch goes
/// on if it is worth finishing, else it stops after a while and leaves a partial (docs/fill.md).
final class BlobFetch: Sendable {
    private struct State {
        var readers = 0
        /// Grows whenever a reader comes or goes: an old timer finds another number.
        var generation = 0
        var task: Task<Void, Never>?
    }

    let digest: Digest
    let target: PullTarget
    let settings: FillSettings
    let store: Store
    let loop: any EventLoop
    let counter: FillCounter
    let logger: Logger
    /// Kept when the upstream has answered 200 and the file is there to be followed, or with
    /// the error that the requests like the leader's are told.
    let started = Promise<Fill>()
    /// Kept when the digest is free for another fetch.
    let ended = Promise<Void>()
    let ahead: RangedFetches
    private let state = Mutex(State())

    init(
        digest: Digest, target: PullTarget, settings: FillSettings, store: Store,
        loop: any EventLoop, counter: FillCounter, logger: Logger
    ) {
        self.digest = digest
        self.target = target
        self.settings = settings
        self.store = store
        self.loop = loop
        self.counter = counter
        self.logger = logger
        ahead = RangedFetches(limit: settings.maxRangedFetches)
    }

    /// The bytes from the upstream, for the fill and for who goes on without it.
    var download: ResumingDownload { download(for: target) }

    /// The same bytes from another upstream that has them.
    func download(for target: PullTarget) -> ResumingDownload {
        ResumingDownload(
            target: target, digest: digest, attempts: settings.resumeAttempts, store: store,
            logger: logger)
    }

    /// - Parameter release: called when the digest is free for another fetch.
    func start(release: @escaping @Sendable () -> Void) {
        let task = Task(executorPreference: store.fillExecutor) { [self] in
            await BlobLeader(fetch: self).run()
            release()
            ended.keep(.success(()))
        }
        state.withLock { $0.task = task }
    }

    func stop() async {
        let task = state.withLock { $0.task }
        task?.cancel()
        await task?.value
    }

    // MARK: Readers

    func addReader() {
        state.withLock { state in
            state.readers += 1
            state.generation += 1
        }
    }

    func removeReader() {
        let abandoned = state.withLock { state -> Int? in
            state.readers -= 1
            state.generation += 1
            return state.readers == 0 ? state.generation : nil
        }
        guard let abandoned else { return }
        // Not kept alive by its timer: a fetch that has ended closes its file at once.
        Task { [weak self, grace = settings.abandonedGrace] in
            try await Task.sleep(for: grace)
            await self?.stopIfStillAbandoned(abandoned)
        }
    }

    private func stopIfStillAbandoned(_ generation: Int) async {
        guard let fill = try? await started.value, !isWorthFinishing(fill) else { return }
        let task = state.withLock { $0.generation == generation ? $0.task : nil }
        task?.cancel()
    }

    private func isWorthFinishing(_ fill: Fill) -> Bool {
        guard let length = fill.content.length else { return false }
        let position = fill.position
        return length - position <= settings.abandonedFinishBytes.bytes || position >= length / 2
    }
}

/// Counts as a reader of a fetch as long as it is held; carries the ranged fetch it may need.
final class FetchReader: Sendable {
    private let fetch: BlobFetch
    private let ahead: Mutex<Task<Void, Never>?> = Mutex(nil)

    init(_ fetch: BlobFetch) {
        self.fetch = fetch
        fetch.addReader()
    }

    deinit {
        ahead.withLock { $0 }?.cancel()
        fetch.removeReader()
    }

    /// What goes on where the file ends, once the disk took no more.
    func continuation(of content: GrowingFile) -> UncachedBlob? {
        content.overflow.map {
            UncachedBlob(fetch.download, length: content.length, hashed: $0)
        }
    }

    /// Sees to it that spans far past the data do not wait for the whole (design §2.4).
    func fetchAhead(_ spans: [FileSpan], of fill: Fill) {
        let fetcher = RangeAhead(fetch: fetch, fill: fill)
        let needed = spans.filter { fetcher.isFarAhead($0) }
        guard !needed.isEmpty else { return }
        let task = Task {
            for span in needed { await fetcher.run(span) }
        }
        ahead.withLock { $0 = task }
    }
}
