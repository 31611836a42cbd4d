// The arithmetic of a rate.
import Testing

@testable import Upstream

@Suite("Token bucket")
struct TokenBucketTests {
    private let start = ContinuousClock.now

    /// Which of the takes succeed, one after the other.
    private func taken(
        from bucket: inout TokenBucket, _ takes: [(units: Double, after: Duration)]
    ) -> [Bool] {
        takes.map { bucket.take($0.units, at: start + $0.after) }
    }

    @Test("a burst is had at once, then so much a second")
    func bursts() {
        var bucket = TokenBucket(rate: 2, burst: 3, now: start)
        let taken = taken(
            from: &bucket,
            [
                (1, .zero), (1, .zero), (1, .zero), (1, .zero), (1, .milliseconds(499)),
                (1, .milliseconds(500)), (1, .milliseconds(501)),
            ])
        #expect(taken == [true, true, true, false, false, true, false])
    }

    @Test("a rest fills it to the burst and no further")
    func rests() {
        var bucket = TokenBucket(rate: 1, burst: 2, now: start)
        let later = Duration.seconds(3600)
        let taken = taken(from: &bucket, [(1, later), (1, later), (1, later)])
        #expect(taken == [true, true, false])
    }

    @Test("after the delay it tells, the units are there", arguments: [1.0, 2.5, 7])
    func delays(units: Double) {
        var bucket = TokenBucket(rate: 3, burst: 4, now: start)
        _ = bucket.take(4, at: start)
        let delay = bucket.delay(until: units, at: start)
        #expect(delay > .zero)
        let taken = taken(from: &bucket, [(units, delay - .milliseconds(1)), (units, delay)])
        #expect(taken == [false, true])
    }

    @Test("more than the burst is paid back before the next take")
    func owes() {
        var bucket = TokenBucket(rate: 10, burst: 5, now: start)
        let taken = taken(
            from: &bucket, [(25, .zero), (1, .seconds(2)), (1, .milliseconds(2101))])
        #expect(taken == [true, false, true])
        bucket.charge(100, at: start + .milliseconds(2101))
        let delay = bucket.delay(until: 1, at: start + .milliseconds(2101))
        #expect(delay > .seconds(10))
    }

    @Test("a clock that stands or goes back takes nothing away")
    func clock() {
        var bucket = TokenBucket(rate: 1, burst: 1, now: start)
        let taken = taken(from: &bucket, [(1, .seconds(-5)), (1, .seconds(-5))])
        #expect(taken == [true, false])
    }
}
