// How much must come in which time, on a clock made of numbers.
import NIOCore
import Testing

@testable import Upstream

@Suite("Transfer rate (R55)")
struct TransferRateTests {
    private func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000)
    }

    private func rate(_ bytesPerSecond: Int64 = 10) -> TransferRate {
        TransferRate(MinimumRate(bytesPerSecond: bytesPerSecond, window: .seconds(30)))
    }

    @Test("a trickle is over when the waits add up to the window")
    func trickle() {
        var rate = rate()
        for second in stride(from: Int64(0), to: 28, by: 2) {
            rate.received(1, waitingSince: at(second), now: at(second + 2))
        }
        #expect(rate.limit(waitingSince: at(100)) == at(102))
    }

    @Test("enough bytes lift the limit until the window is over, then it begins anew")
    func enough() {
        var rate = rate()
        rate.received(300, waitingSince: at(0), now: at(10))
        #expect(rate.limit(waitingSince: at(10)) == nil)
        rate.received(1, waitingSince: at(10), now: at(30))
        #expect(rate.limit(waitingSince: at(30)) == at(60))
    }

    @Test("time in which nobody waits does not count, as when the reader throttles")
    func throttled() {
        var rate = rate()
        rate.received(1, waitingSince: nil, now: at(1_000_000))
        #expect(rate.limit(waitingSince: at(2_000_000)) == at(2_000_030))
    }

    @Test("without a minimum there is no limit")
    func unlimited() {
        #expect(rate(0).limit(waitingSince: at(0)) == nil)
    }
}
