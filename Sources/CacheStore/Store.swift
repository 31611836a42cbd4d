/// The store: a data directory, its index, and the threads that work on them.

import Logging
import NIOCore
import OCI
import Synchronization

/// Content-addressed blobs on the disk and the index of what they are. Knows digests and
/// bytes, not registries' manners.
package final class Store: Sendable {
    package let clock: StoreClock
    let directory: DataDirectory
    let writer: IndexWriter
    let reader: IndexReader
    /// For statistics, which are in no hit's way.
    let reports: IndexReader
    /// For plans, which wait for no question of statistics.
    let plans: IndexReader
    let threads: StoreThreads
    let committer: Committer
    let evictor: Evictor
    /// What is to be told to those who keep answers in memory.
    package let changes: StoreChanges
    let logger: Logger
    let accounts: Accounts
    let counters: StoreCounters
    let limits: Mutex<Limits>
    package let budget: Budget
    let pinsExceedBudget = Mutex(false)
    let fills = Mutex<Set<Digest>>([])
    /// What partials keep of the budget.
    let partials = Mutex<[Digest: Reservation]>([:])
    let scrub = Scrub()
    let quarantine: Quarantine
    /// What lies in quarantine, as the budget has it.
    let quarantined = Mutex<Reservation?>(nil)
    let verifications = Mutex<[Digest: GrowingFile]>([:])

    /// The limits in force, and the size of the file system that shares of it refer to.
    struct Limits: Sendable {
        var settings: StoreLimits
        /// Bytes.
        var totalSpace: Int64
    }

    /// Opens or makes the data directory at `path`; finishes what the last process left.
    ///
    /// - Throws: `DataDirectory.InUse` (R37), `SchemaError` (R36), `FileError`, `SQLiteError`.
    ///   A database that is no database is set aside and the index rebuilt from the blobs (R29).
    package init(
        path: String, limits: StoreLimits = StoreLimits(), clock: StoreClock = .steady(),
        logger: Logger
    ) async throws {
        self.clock = clock
        self.logger = logger
        directory = try DataDirectory(path)
        threads = StoreThreads()
        quarantine = Quarantine(path: directory.path + "/quarantine", threads: threads)
        let connections = try IndexOpening(directory: directory, clock: clock, logger: logger)
            .open()
        (writer, reader) = (connections.writer, connections.reader)
        (reports, plans) = (connections.reports, connections.plans)
        budget = Budget()
        changes = StoreChanges()
        committer = Committer(
            directory: directory, index: writer, threads: threads, locks: DigestLocks(),
            budget: budget, openFiles: OpenFiles(budget: budget), changes: changes,
            clock: clock)
        self.limits = Mutex(Limits(settings: limits, totalSpace: 0))
        let (accounts, counters, writer) = (Accounts(), StoreCounters(), writer)
        (self.accounts, self.counters) = (accounts, counters)
        evictor = Evictor(
            index: plans, writer: writer, committer: committer, limits: limits,
            pins: try await reports.read { try $0.pins() }.compactMap { try? ImagePattern($0) },
            counters: counters, logger: logger,
            flush: { await accounts.flush(to: writer, logger: logger) })
        budget.commit(try await reader.read { try $0.counter("bytes") })
        try await apply(limits)
        try await measureQuarantine()
        try await finishInterruptedWork()
    }

    /// Readers first, then the writer, which folds the WAL in; the lock last.
    package func close() async {
        await scrub.stop()
        await flushAccounts()
        await reports.close()
        await plans.close()
        await reader.close()
        await writer.close()
        await threads.shutdown()
        directory.unlock()
    }

    // MARK: The index

    package func knowledge(of digest: Digest, in key: RepositoryKey) async throws -> DigestKnowledge
    {
        try await reader.read { try $0.knowledge(of: digest, in: key) }
    }

    package func tag(_ tag: Tag, in key: RepositoryKey) async throws -> TagRecord? {
        try await reader.read { try $0.tag(tag, in: key) }
    }

    /// The tags by which a manifest or blob is known in a repository, through the indexes and
    /// images that list it.
    package func tags(leadingTo digest: Digest, in key: RepositoryKey) async throws -> [Tag] {
        try await reader.read { try $0.tags(leadingTo: digest, in: key) }
    }

    /// Writes what serving does not depend on: a failure, as on a full disk, is logged (R39).
    package func remember(_ write: (Store) async throws -> Void) async {
        do {
            try await write(self)
        } catch {
            logger.warning("index not written", metadata: ["error": "\(error)"])
        }
    }

    /// The upstream answered 200 for `digest` in this repository.
    package func recordProof(of digest: Digest, in key: RepositoryKey) async throws {
        try await writer.perform { try $0.insertProof(digest, in: key) }
    }

    /// The upstream named `digest` for `tag`, now.
    package func recordTag(_ tag: Tag, in key: RepositoryKey, is digest: Digest) async throws {
        let now = clock.now()
        try await writer.perform { database in
            try database.insertProof(digest, in: key)
            try database.setTag(tag, in: key, to: digest, verifiedAt: now)
        }
        changes.tag(tag, in: key)
    }

    /// The upstream has no such tag any more. What it named stays.
    package func forgetTag(_ tag: Tag, in key: RepositoryKey) async throws {
        try await writer.perform { try $0.deleteTag(tag, in: key) }
        changes.tag(tag, in: key)
    }
}
