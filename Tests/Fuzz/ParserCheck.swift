// A parser, texts to try it with, and what holds of all that it reads.
import TestKit

/// Seeded mutations (`MutationTests`) and libFuzzer (`Fuzz`) try each of ``all``.
struct ParserCheck: Sendable {
    /// What is read; on the command line, in the names of seeds and findings.
    let name: String
    /// Good texts, and those that were once read wrongly; not empty.
    let corpus: [String]
    /// What means something in the grammar.
    let tokens: [String]
    /// Throws where something is wrong with what was read, or with the refusal.
    let check: @Sendable (_ text: [UInt8]) throws -> Void

    static let all: [ParserCheck] = [
        paths, queries, digests, ranges, contentRanges, challenges, urls, headers, manifests,
        referrers, configurations,
    ]
}

/// - Throws: `MutationRun.Wrong` where `condition` does not hold.
func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    try MutationRun.require(condition, reason())
}

/// - Throws: `MutationRun.Wrong` where a message echoes control characters (R74).
func requirePlain(_ message: String) throws {
    try require(
        message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f },
        "a message with control characters: \(message.debugDescription)")
}
