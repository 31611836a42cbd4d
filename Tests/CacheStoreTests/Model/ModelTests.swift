/// Random operations on a store, against a model that is too simple to be wrong.
import Foundation
import TestKit
import Testing

@testable import CacheStore

@Suite("Model")
struct ModelTests {
    /// Some that are the same in every run, one that is not, or the one that the environment
    /// variable LARDER_MODEL_SEED gives.
    static let seeds: [UInt64] = {
        let chosen = ProcessInfo.processInfo.environment["LARDER_MODEL_SEED"]
        if let seed = chosen.flatMap(UInt64.init) { return [seed] }
        return [1, 2, 3, 4, .random(in: 1000...999_999)]
    }()

    @Test(
        "R22: whatever happens, index equals disk, sums are right, the budget holds, nothing pinned or in use is lost",
        arguments: seeds)
    func randomOperations(seed: UInt64) async throws {
        let settings = limits(ModelRun.budget) {
            $0.minAge = ModelRun.minAge
            $0.platformWindow = 5000
            ($0.highWatermark, $0.lowWatermark) = (90, 70)
        }
        try await withStore(settings) { test in
            let run = ModelRun(test, seed: seed)
            for step in 1...400 {
                try await run.step()
                let wrong = try await run.check()
                try #require(
                    wrong.isEmpty,
                    "LARDER_MODEL_SEED=\(seed), step \(step), after \(run.history.suffix(8)): \(wrong)"
                )
            }
            #expect(run.evicted > 50, "the run shows too little")
        }
    }
}
