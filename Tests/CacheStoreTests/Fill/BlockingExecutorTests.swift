/// Where blocking work runs, and who goes first.
import Glibc
import Synchronization
import Testing

@testable import CacheStore

@Suite("Blocking executor")
struct BlockingExecutorTests {
    private func withExecutor(
        _ threads: Int, _ body: (BlockingExecutor) async throws -> Void
    ) async throws {
        let executor = BlockingExecutor(numberOfThreads: threads)
        executor.start()
        try await body(executor)
        await executor.shutdown()
    }

    @Test("a task that prefers the threads stays on one; another one goes there and back")
    func threads() async throws {
        try await withExecutor(4) { executor in
            let (before, during, after) = try await Task(executorPreference: executor) {
                (pthread_self(), try await executor.run { pthread_self() }, pthread_self())
            }.value
            #expect(before == during)
            #expect(during == after)
            let elsewhere = try await executor.run { pthread_self() }
            let here = await Task { pthread_self() }.value
            #expect(here != elsewhere)
        }
    }

    @Test("a task that never waits lets others have the thread", .timeLimit(.minutes(1)))
    func turns() async throws {
        try await withExecutor(1) { executor in
            let isDone = Atomic(false)
            async let busy: Void = Task(executorPreference: executor) {
                while !isDone.load(ordering: .relaxed) { try await executor.run {} }
            }.value
            try await executor.run { isDone.store(true, ordering: .relaxed) }
            try await busy
        }
    }

    @Test("an error of the work is the caller's")
    func failure() async throws {
        struct Failure: Error {}
        try await withExecutor(1) { executor in
            await #expect(throws: Failure.self) { try await executor.run { throw Failure() } }
        }
    }
}
