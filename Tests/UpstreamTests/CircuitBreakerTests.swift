// The states of a circuit on a clock made of numbers.
import Testing

@testable import Upstream

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func breaker(failures: Int = 3) -> CircuitBreaker {
        CircuitBreaker(BreakerSettings(failures: failures, openFor: .seconds(30)))
    }

    /// Open since second 2, until second 32.
    private func opened() -> CircuitBreaker {
        var breaker = breaker()
        for second in 0...2 { _ = breaker.fail(now: at(second), jitter: 0) }
        return breaker
    }

    @Test("failures in a row open it, and an answer between them does not let them")
    func opening() {
        var breaker = breaker()
        #expect(breaker.fail(now: at(0), jitter: 0) == nil)
        #expect(breaker.fail(now: at(1), jitter: 0) == nil)
        #expect(breaker.succeed(now: at(2)) == nil)
        #expect(breaker.fail(now: at(3), jitter: 0) == nil)
        #expect(breaker.fail(now: at(4), jitter: 0) == nil)
        #expect(breaker.admit(now: at(4)) == .asked)
        let change = breaker.fail(now: at(6), jitter: 0)
        #expect(change == .opened(for: .seconds(30), failures: 3, failingFor: .seconds(3)))
        #expect(breaker.admit(now: at(6)) == .refused(.seconds(30)))
        #expect(breaker.fail(now: at(7), jitter: 0) == nil)
        #expect(breaker.admit(now: at(16)) == .refused(.seconds(20)))
    }

    @Test("after its time one probe is asked, and nothing beside it")
    func halfOpen() {
        var breaker = opened()
        #expect(breaker.admit(now: at(31)) == .refused(.seconds(1)))
        #expect(breaker.admit(now: at(32)) == .probe)
        #expect(breaker.admit(now: at(32)) == .refused(.seconds(1)))
        #expect(breaker.admit(now: at(90)) == .refused(.seconds(1)))
        #expect(breaker.succeed(now: at(91)) == .closed(failingFor: .seconds(91)))
        #expect(breaker.admit(now: at(91)) == .asked)
        #expect(breaker.fail(now: at(92), jitter: 0) == nil)
    }

    @Test("each failed probe doubles the time, up to three times, and is not told again")
    func doubling() {
        var breaker = opened()
        var now = 32
        for span in [60, 90, 90, 90] {
            #expect(breaker.admit(now: at(now)) == .probe)
            #expect(breaker.fail(now: at(now), jitter: 0) == nil)
            #expect(breaker.admit(now: at(now)) == .refused(.seconds(span)))
            now += span
        }
        #expect(breaker.admit(now: at(now)) == .probe)
        _ = breaker.succeed(now: at(now))
        for _ in 0..<3 { _ = breaker.fail(now: at(now), jitter: 0) }
        #expect(breaker.admit(now: at(now)) == .refused(.seconds(30)))
    }

    @Test("jitter shortens the time by a quarter at most")
    func jitter() {
        var breaker = breaker(failures: 1)
        _ = breaker.fail(now: at(0), jitter: 1)
        #expect(breaker.admit(now: at(0)) == .refused(.seconds(22.5)))
    }

    @Test("a probe without an outcome leaves the next request to be one")
    func abandonedProbe() {
        var breaker = opened()
        #expect(breaker.admit(now: at(40)) == .probe)
        breaker.abandonProbe(now: at(41))
        #expect(breaker.admit(now: at(41)) == .probe)
        _ = breaker.succeed(now: at(42))
        breaker.abandonProbe(now: at(42))
        #expect(breaker.admit(now: at(42)) == .asked)
    }

    @Test("an answer to an older request closes an open circuit")
    func lateAnswer() {
        var breaker = opened()
        #expect(breaker.succeed(now: at(5)) == .closed(failingFor: .seconds(5)))
        #expect(breaker.admit(now: at(5)) == .asked)
    }

    @Test("without a limit it never opens")
    func never() {
        var breaker = breaker(failures: 0)
        for second in 0..<100 { #expect(breaker.fail(now: at(second), jitter: 0) == nil) }
        #expect(breaker.admit(now: at(100)) == .asked)
    }
}
