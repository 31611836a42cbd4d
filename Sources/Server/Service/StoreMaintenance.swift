/// What keeps the store in order while the server runs.

import CacheStore
import ServiceLifecycle

/// Counts written and budget kept each second, the index kept small each hour; copies and
/// scrubs when they are due.
struct StoreMaintenance: Service {
    let services: PullServices

    private var store: Store { services.store }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.reconcile() }
            group.addTask {
                try await every(.seconds(1)) {
                    await store.flushAccounts()
                    await store.keepBudget()
                }
            }
            group.addTask { try await every(.seconds(3600)) { await store.keepIndexSmall() } }
            group.addTask { try await every(.seconds(60)) { await startWhatIsDue() } }
            try? await gracefulShutdown()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    private func startWhatIsDue() async {
        let configuration = services.configuration
        await store.remember { store in
            if let interval = configuration.backup.every,
                try await store.isBackupDue(every: interval.components.seconds)
            {
                _ = try await store.backUp(keep: configuration.backup.keep)
            }
            if let interval = configuration.scrub.every,
                try await store.isScrubDue(every: interval.components.seconds)
            {
                store.startScrub(nil, bytesPerSecond: configuration.scrub.maxRate.bytes)
            }
        }
    }

    private func every(_ interval: Duration, _ work: () async -> Void) async throws {
        while !Task.isCancelled {
            await work()
            try await Task.sleep(for: interval)
        }
    }
}
