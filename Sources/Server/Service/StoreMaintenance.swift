/// What keeps the store in order while the server runs.

import CacheStore
import ServiceLifecycle

struct StoreMaintenance: Service {
    let store: Store

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.reconcile() }
            group.addTask {
                while !Task.isCancelled {
                    await store.flushAccesses()
                    try await Task.sleep(for: .seconds(1))
                }
            }
            try? await gracefulShutdown()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }
}
