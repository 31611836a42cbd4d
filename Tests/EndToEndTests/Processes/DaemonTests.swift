// The tests' own processes must not outlive them.

import Foundation
import Glibc
import Synchronization
import Testing

extension EndToEnd {
    @Suite struct Daemons {
        private struct Stop: Error {}

        @Test("A daemon has ended when its closure returns")
        func endsOnReturn() async throws {
            try await withTemporaryDirectory { directory in
                let outcome = try await sleeping(in: directory) { $0.processIdentifier }
                #expect(!exists(outcome.value))
            }
        }

        @Test("A daemon has ended when its closure throws")
        func endsOnThrow() async throws {
            try await withTemporaryDirectory { directory in
                let started = Mutex<pid_t>(0)
                await #expect(throws: Stop.self) {
                    _ = try await sleeping(in: directory) { daemon in
                        started.withLock { $0 = daemon.processIdentifier }
                        throw Stop()
                    }
                }
                #expect(!exists(started.withLock { $0 }))
            }
        }

        @Test("A daemon has ended when its task is cancelled")
        func endsOnCancellation() async throws {
            try await withTemporaryDirectory { directory in
                let (started, continuation) = AsyncStream.makeStream(of: pid_t.self)
                let task = Task {
                    _ = try await sleeping(in: directory) { daemon in
                        continuation.yield(daemon.processIdentifier)
                        try await Task.sleep(for: .seconds(600))
                    }
                }
                let identifier = try #require(await started.first { _ in true })
                task.cancel()
                await #expect(throws: (any Error).self) { try await task.value }
                #expect(!exists(identifier))
            }
        }

        private func sleeping<Value: Sendable>(
            in directory: URL, _ body: (Daemon) async throws -> Value
        ) async throws -> DaemonOutcome<Value> {
            try await withDaemon(
                ["sleep", "600"], log: directory.appending(path: "log"),
                isReady: { _ in true }, body: body)
        }

        private func exists(_ identifier: pid_t) -> Bool { kill(identifier, 0) == 0 }
    }
}
