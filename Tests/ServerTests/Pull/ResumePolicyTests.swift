/// Pauses between the tries of a broken download.
import Testing

@testable import Server

@Suite("Resume policy")
struct ResumePolicyTests {
    private func pauses(
        _ positions: [Int64], limit: Int = 3, retryAfter: Duration? = nil, jitter: Double = 0
    ) -> [Duration?] {
        var policy = ResumePolicy(limit: limit, position: 0)
        return positions.map { policy.next(after: $0, retryAfter: retryAfter, jitter: jitter) }
    }

    @Test("each try without progress waits longer, up to a limit; then there is none")
    func backoff() {
        #expect(
            pauses([0, 0, 0, 0]) == [.milliseconds(250), .seconds(1), .seconds(4), nil])
        #expect(
            pauses(Array(repeating: 0, count: 9), limit: 9).suffix(2) == [
                .seconds(10), .seconds(10),
            ])
    }

    @Test("progress begins a new row, without end")
    func progress() {
        let positions = (1...50).map { Int64($0) * ResumePolicy.progressBytes }
        #expect(pauses(positions) == Array(repeating: .milliseconds(250), count: 50))
    }

    @Test("jitter lengthens a pause by half of it at most")
    func jitter() {
        #expect(pauses([0, 0], jitter: 1) == [.milliseconds(375), .milliseconds(1500)])
    }

    @Test("what was asked for is waited for, within bounds")
    func retryAfter() {
        #expect(pauses([0], retryAfter: .seconds(7)) == [.seconds(7)])
        #expect(pauses([0], retryAfter: .seconds(3600)) == [.seconds(30)])
    }

    @Test("a second break in a row without progress means being stuck")
    func stuck() {
        var policy = ResumePolicy(limit: 5, position: 0)
        _ = policy.next(after: 100_000, jitter: 0)
        #expect(!policy.isStuck)
        _ = policy.next(after: 100_001, jitter: 0)
        #expect(policy.isStuck)
    }
}
