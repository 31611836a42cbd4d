// The deadlines of an exchange on a clock made of numbers.
import NIOCore
import NIOHTTP1
import Testing

@testable import Upstream

@Suite("Exchange deadlines")
struct ExchangeStateTests {
    private func at(_ seconds: UInt64) -> NIODeadline {
        .uptimeNanoseconds(seconds * 1_000_000_000)
    }

    private func started(
        rate: MinimumRate = MinimumRate(bytesPerSecond: 0)
    ) -> ExchangeState {
        var state = ExchangeState(idle: .seconds(60), minimumRate: rate)
        state.limitHead(.init(at: at(10), phase: .connect))
        return state
    }

    private var head: HTTPResponseHead { HTTPResponseHead(version: .http1_1, status: .ok) }

    @Test("connecting, then the response head, have limits of their own (R54)")
    func limitsBeforeHead() {
        var state = started()
        #expect(state.verdict(now: at(9)) == .checkAgain(at: at(10)))
        #expect(state.verdict(now: at(10)) == .expired(.connect))
        state.requestSent()
        state.limitHead(.init(at: at(35), phase: .responseHeader))
        #expect(state.verdict(now: at(34)) == .checkAgain(at: at(35)))
        #expect(state.verdict(now: at(35)) == .expired(.responseHeader))
        _ = state.receive(head: head)
        #expect(state.verdict(now: at(40)) == .checkAgain(at: at(70)))
    }

    @Test("a reader that does not come is no idle upstream (R16)")
    func slowReader() {
        var state = started()
        _ = state.receive(head: head)
        _ = state.receive(body: ByteBuffer(string: "x"))
        #expect(state.verdict(now: at(1_000_000)) == .checkAgain(at: at(1_000_030)))
    }

    @Test("a body slower than its minimum is given up after the window, waiting time alone (R55)")
    func slowBody() async throws {
        await #expect(throws: NoError.self) {
            _ = try await withCheckedThrowingContinuation { (waiter: ExchangeState.BodyWaiter) in
                var state = started(rate: MinimumRate(bytesPerSecond: 10, window: .seconds(30)))
                _ = state.receive(head: head)
                _ = state.receive(body: ByteBuffer(repeating: 0, count: 299), now: at(5))
                guard case .chunk = state.read(waiter: waiter, now: at(1000)),
                    case .wait = state.read(waiter: waiter, now: at(2000))
                else { return }
                #expect(state.verdict(now: at(2029)) == .checkAgain(at: at(2030)))
                #expect(state.verdict(now: at(2030)) == .expired(.rate))
                state.fail(NoError(), discarding: true).body?.resume(throwing: NoError())
            }
        }
    }

    @Test("an upstream that sends nothing while the reader waits is idle")
    func idleUpstream() async throws {
        await #expect(throws: NoError.self) {
            _ = try await withCheckedThrowingContinuation { waiter in
                var state = started()
                _ = state.receive(head: head)
                guard case .wait = state.read(waiter: waiter, now: at(5)) else { return }
                #expect(state.verdict(now: at(64)) == .checkAgain(at: at(65)))
                #expect(state.verdict(now: at(65)) == .expired(.idle))
                state.fail(NoError(), discarding: true).body?.resume(throwing: NoError())
                #expect(state.verdict(now: at(66)) == .over)
            }
        }
    }

    @Test("the limit of the whole holds in every phase, the earlier one counting")
    func totalLimit() {
        var state = started()
        state.limitTotal(.init(at: at(8), phase: .token))
        state.limitTotal(.init(at: at(9), phase: .idle))
        #expect(state.verdict(now: at(7)) == .checkAgain(at: at(8)))
        _ = state.receive(head: head)
        #expect(state.verdict(now: at(8)) == .expired(.token))
    }

    @Test("the connection is made to wait at 1 MiB of unread body (R16)")
    func pauses() {
        var state = started()
        _ = state.receive(head: head)
        let half = ByteBuffer(repeating: 0, count: ExchangeState.highWatermark / 2)
        guard case .kept = state.receive(body: half) else {
            Issue.record("paused below the watermark")
            return
        }
        guard case .pause = state.receive(body: half) else {
            Issue.record("not paused at the watermark")
            return
        }
    }
}
