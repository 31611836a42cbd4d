// Runs a check over mutated texts, and tells how to do it again.
import Foundation
import NIOPosix

/// For about a second, or for `LARDER_FUZZ_ROUNDS`; `LARDER_FUZZ_SEED` repeats a run.
package enum MutationRun {
    package struct Failure: Sendable, CustomStringConvertible {
        package let seed: UInt64
        package let round: Int
        package let input: [UInt8]
        package let reason: String

        package var description: String {
            "LARDER_FUZZ_SEED=\(seed) LARDER_FUZZ_ROUNDS=\(round): \(reason)\n"
                + "\(String(reflecting: String(decoding: input.prefix(2000), as: UTF8.self)))"
        }
    }

    /// What a check finds wrong.
    package struct Wrong: Error {
        let reason: String
    }

    /// One run after the other, beside the tests that wait for somebody.
    private static let thread = {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        return pool
    }()

    /// - Parameters:
    ///   - name: stands beside the seed in the output, for the run that ends in a crash.
    ///   - check: throws where the text shows something wrong, see ``require(_:_:)``.
    /// - Returns: the first text that did; nil where none does.
    package static func firstFailure(
        _ name: String, corpus: [String], tokens: [String],
        _ check: @escaping @Sendable (_ text: [UInt8]) throws -> Void
    ) async throws -> Failure? {
        let variables = ProcessInfo.processInfo.environment
        let seed = variables["LARDER_FUZZ_SEED"].flatMap(UInt64.init) ?? .random(in: 0...(1 << 32))
        let rounds = variables["LARDER_FUZZ_ROUNDS"].flatMap(Int.init)
        print("mutations of \(name): LARDER_FUZZ_SEED=\(seed)")
        return try await thread.runIfActive {
            // Of this thread: whoever else has something to do goes first.
            _ = nice(19)
            var mutator = Mutator(corpus: corpus, tokens: tokens, seed: seed)
            let end = ContinuousClock.now + .seconds(1)
            var round = 0
            while rounds.map({ round < $0 }) ?? (ContinuousClock.now < end) {
                round += 1
                let text = mutator.next()
                do {
                    try check(text)
                } catch {
                    let reason = (error as? Wrong)?.reason ?? "unexpected \(error)"
                    return Failure(seed: seed, round: round, input: text, reason: reason)
                }
            }
            return nil
        }
    }

    /// - Throws: ``Wrong`` where `condition` does not hold.
    package static func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        guard condition else { throw Wrong(reason: reason()) }
    }
}
