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
    let threads: StoreThreads
    let committer: Committer
    let logger: Logger
    let accesses = AccessRecorder()
    let fills = Mutex<Set<Digest>>([])
    let verifications = Mutex<[Digest: GrowingFile]>([:])

    /// Opens or makes the data directory at `path`; finishes what the last process left.
    ///
    /// - Throws: `DataDirectory.InUse` (R37), `SchemaError` (R36), `FileError`, `SQLiteError`.
    ///   A database that is no database is set aside and the index rebuilt from the blobs (R29).
    package init(path: String, clock: StoreClock = .steady(), logger: Logger) async throws {
        self.clock = clock
        self.logger = logger
        directory = try DataDirectory(path)
        threads = StoreThreads()
        (writer, reader) = try IndexOpening(directory: directory, clock: clock, logger: logger)
            .open()
        committer = Committer(
            directory: directory, index: writer, threads: threads, locks: DigestLocks(),
            clock: clock)
        try await finishInterruptedWork()
    }

    /// Readers first, then the writer, which folds the WAL in; the lock last.
    package func close() async {
        await flushAccesses()
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
    }
}
