/// What keeps the store in order while the server runs.

import CacheStore
import ServiceLifecycle

/// Counts written and budget kept each second, the index kept small each hour.
struct StoreMaintenance: Service {
    let store: Store

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
            try? await gracefulShutdown()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
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
