/// The only connection that writes: jobs queue up and share a transaction.

import NIOPosix
import Synchronization

/// Runs jobs on a thread of its own. All that wait when a transaction begins share it, so
/// many small commits cost one write to the disk; each has a savepoint, so one that fails
/// takes no other with it.
final class IndexWriter: Sendable {
    private struct Job: Sendable {
        /// Does the work; answers what to call with the transaction's own error, if any.
        let run: @Sendable (Database) -> @Sendable (SQLiteError?) -> Void
        /// Gives up without doing it.
        let fail: @Sendable (SQLiteError) -> Void
    }

    private let thread = NIOThreadPool(numberOfThreads: 1)
    /// Nil once closed.
    private let database: Mutex<Database?>
    private let queue = Mutex<[Job]>([])
    private let counts = Mutex(IndexActivity())

    init(_ database: sending Database) {
        self.database = Mutex(database)
        thread.start()
    }

    var activity: IndexActivity { counts.withLock { $0 } }

    /// Runs `body` in the next transaction and returns once that is committed.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Job(
                    run: { [self] database in
                        let result = Result { try Self.inSavepoint(database, body) }
                        if case .failure = result { counts.withLock { $0.failures += 1 } }
                        return { failure in
                            continuation.resume(with: failure.map { .failure($0) } ?? result)
                        }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ job: Job) {
        let isFirst = queue.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        guard isFirst else { return }
        thread.submit { [self] _ in drain() }
    }

    private func drain() {
        let jobs = queue.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        database.withLock { database in
            guard let database else {
                for job in jobs { job.fail(.closed) }
                return
            }
            let beganAt = ContinuousClock.now
            let (isCommitted, tell) = Self.run(jobs, on: database)
            let duration = ContinuousClock.now - beganAt
            counts.withLock { $0.ended(jobs.count, isCommitted, after: duration) }
            tell()
        }
    }

    /// - Returns: whether the transaction was committed, and what tells the callers.
    private static func run(
        _ jobs: [Job], on database: Database
    ) -> (isCommitted: Bool, tell: () -> Void) {
        do throws(SQLiteError) {
            try database.execute("BEGIN IMMEDIATE")
        } catch {
            return (false, { for job in jobs { job.fail(error) } })
        }
        let completions = jobs.map { $0.run(database) }
        do throws(SQLiteError) {
            try database.execute("COMMIT")
            return (true, { for complete in completions { complete(nil) } })
        } catch {
            try? database.execute("ROLLBACK")
            return (false, { for complete in completions { complete(error) } })
        }
    }

    private static func inSavepoint<Value>(
        _ database: Database, _ body: (Database) throws -> Value
    ) throws -> Value {
        try database.execute("SAVEPOINT job")
        do {
            let value = try body(database)
            try database.execute("RELEASE job")
            return value
        } catch {
            try? database.execute("ROLLBACK TO job")
            try? database.execute("RELEASE job")
            throw error
        }
    }

    /// Ends after the jobs queued so far, folding the WAL into the database.
    func close() async {
        _ = try? await thread.runIfActive { [self] in
            database.withLock { database in
                try? database?.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                database = nil
            }
        }
        try? await thread.shutdownGracefully()
    }
}
