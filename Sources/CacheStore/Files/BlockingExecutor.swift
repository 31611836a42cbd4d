/// Threads for tasks that block again and again, so that they need not change threads each time.

import NIOPosix
import Synchronization

/// A task that prefers these threads stays on one of them from one wait to the next; a thread pool
/// alone costs two changes of thread, each at the mercy of the scheduler, for every call.
final class BlockingExecutor: TaskExecutor {
    private let threads: NIOThreadPool
    private let waiting = Atomic(0)

    init(numberOfThreads: Int) {
        threads = NIOThreadPool(numberOfThreads: numberOfThreads)
    }

    func start() { threads.start() }

    /// Tasks that go on afterwards do so on whatever thread resumes them.
    func shutdown() async { try? await threads.shutdownGracefully() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        waiting.add(1, ordering: .relaxed)
        threads.submit { [self] _ in
            waiting.subtract(1, ordering: .relaxed)
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Runs `body`, which may block: at once in a task that prefers these threads. Who waits for a
    /// thread goes first then, so that a task that never has to wait keeps none for itself.
    func run<Value: Sendable>(_ body: @Sendable () throws -> Value) async throws -> Value {
        let value = try await withTaskExecutorPreference(self) { try body() }
        if waiting.load(ordering: .relaxed) > 0 { await Task.yield() }
        return value
    }
}
