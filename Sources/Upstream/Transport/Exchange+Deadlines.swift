// Watches the deadlines of an exchange.
import AsyncHTTPClient
import NIOCore
import Synchronization

extension Exchange {
    static func limit(
        _ duration: Duration, _ phase: UpstreamError.Phase
    ) -> ExchangeState.Limit {
        ExchangeState.Limit(at: .now() + TimeAmount(duration), phase: phase)
    }

    /// Looks at the deadlines, and arranges for the next look.
    func check(on loop: any EventLoop) {
        let (verdict, old) = running.withLock { running in
            let verdict = running.state.verdict(now: .now())
            defer { running.timer = nil }
            return (verdict, running.timer)
        }
        old?.cancel()
        switch verdict {
        case .over: break
        case .expired(let phase):
            let task = running.withLock { $0.task }
            fail(ExchangeTimeout(phase: phase), discarding: true)
            task?.cancel()
        case .checkAgain(let instant):
            let timer = loop.scheduleTask(deadline: instant) { [weak self] in
                self?.check(on: loop) ?? ()
            }
            let superseded = running.withLock { running in
                guard !running.state.isOver else { return timer as Scheduled<Void>? }
                defer { running.timer = timer }
                return running.timer
            }
            superseded?.cancel()
        }
    }
}

/// A phase of an exchange lasted too long.
struct ExchangeTimeout: Error, Equatable {
    var phase: UpstreamError.Phase
}
