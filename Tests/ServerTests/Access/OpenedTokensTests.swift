/// What is remembered of tokens that were opened.
import Synchronization
import Testing

@testable import Server

@Suite("Opened tokens")
final class OpenedTokensTests: Sendable {
    private let tokens = OpenedTokens()
    private let opened = Atomic(0)

    private func token(_ text: String, now: Int64, end: Int64? = 100) -> AccessToken? {
        tokens.token(text, now: now) {
            opened.add(1, ordering: .relaxed)
            return end.map { AccessToken(end: $0, user: text, entry: nil, grants: []) }
        }
    }

    private var count: Int { opened.exchange(0, ordering: .relaxed) }

    @Test("a token is opened once, each by itself, and is none once it is over")
    func once() {
        #expect(token("a", now: 1)?.user == "a" && token("b", now: 1)?.user == "b")
        #expect(token("a", now: 99)?.user == "a" && count == 2)
        #expect(token("a", now: 100) == nil)
    }

    @Test("what cannot be opened is tried each time")
    func unreadable() {
        #expect(token("a", now: 1, end: nil) == nil)
        #expect(token("a", now: 1, end: nil) == nil && count == 2)
    }

    @Test("at the limit those go that are over, or all")
    func limit() {
        for number in 0..<OpenedTokens.limit { _ = token("\(number)", now: 1, end: 50) }
        #expect(token("x", now: 60)?.user == "x")
        for number in 1..<OpenedTokens.limit { _ = token("\(number)", now: 60) }
        _ = count
        #expect(token("x", now: 60) != nil && count == 0)
        #expect(token("y", now: 60) != nil && token("x", now: 60) != nil && count == 2)
    }
}
