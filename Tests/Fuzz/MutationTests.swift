// Every parser with seeded mutations of good texts, a second each in the ordinary tests.
import TestKit
import Testing

@Suite("Mutated texts", .serialized, .timeLimit(.minutes(10)))
struct MutationTests {
    @Test("are refused, or read as what holds of all texts", arguments: ParserCheck.all)
    func mutations(of parser: ParserCheck) async throws {
        let failure = try await MutationRun.firstFailure(
            parser.name, corpus: parser.corpus, tokens: parser.tokens, parser.check)
        #expect(failure == nil)
    }
}

extension ParserCheck: CustomTestStringConvertible {
    var testDescription: String { name }
}
