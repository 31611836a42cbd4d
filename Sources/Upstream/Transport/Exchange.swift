// One HTTP request and its response, with a deadline for every phase and a bounded body buffer.
import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// The client's own asynchronous interface has one read time-out for all upstreams, which also runs
/// while the reader is the slow side; so the exchange is a delegate with deadlines of its own.
final class Exchange: HTTPClientResponseDelegate {
    typealias Response = Void

    struct Running {
        var state: ExchangeState
        var task: HTTPClient.Task<Void>?
        var timer: Scheduled<Void>?
        var isAbandoned = false
    }

    let running: Mutex<Running>
    let timeouts: Timeouts

    private init(timeouts: Timeouts, total: ExchangeState.Limit?) {
        var state = ExchangeState(
            idle: TimeAmount(timeouts.idle), minimumRate: timeouts.minimumRate)
        if let total { state.limitTotal(total) }
        self.timeouts = timeouts
        self.running = Mutex(Running(state: state))
    }

    /// Sends `request` and waits for the response head.
    ///
    /// - Parameter total: the end of the whole, body included; nil for none.
    /// - Throws: what the client threw, ``ExchangeTimeout``, or `CancellationError`.
    static func start(
        _ request: HTTPClient.Request, on client: HTTPClient, timeouts: Timeouts,
        total: ExchangeState.Limit?
    ) async throws -> (head: HTTPResponseHead, body: ResponseBody) {
        let exchange = Exchange(timeouts: timeouts, total: total)
        let head = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                exchange.begin(request, on: client, waiter: waiter)
            }
        } onCancel: {
            exchange.abandon()
        }
        return (head, ResponseBody(exchange: exchange))
    }

    private func begin(
        _ request: HTTPClient.Request, on client: HTTPClient, waiter: ExchangeState.HeadWaiter
    ) {
        let failed = running.withLock { running in
            running.state.limitHead(Self.limit(timeouts.connect, .connect))
            return running.state.waitForHead(waiter)
        }
        if let failed {
            waiter.resume(throwing: failed)
            return
        }
        let task = client.execute(request: request, delegate: self, eventLoop: .indifferent)
        let isAbandoned = running.withLock { running in
            if !running.state.isOver { running.task = task }
            return running.isAbandoned
        }
        task.futureResult.whenFailure { self.fail($0) }
        check(on: task.eventLoop)
        if isAbandoned { task.cancel() }
    }

    /// Ends the exchange: the connection is closed, a waiting reader gets a `CancellationError`.
    func abandon() {
        let task = running.withLock { running in
            running.isAbandoned = true
            return running.task
        }
        fail(CancellationError(), discarding: true)
        task?.cancel()
    }

    /// From now on the rest of the body may last `duration` at most.
    func limitBody(to duration: Duration) {
        let task = running.withLock { running in
            running.state.limitTotal(Self.limit(duration, .idle))
            return running.task
        }
        if let task { check(on: task.eventLoop) }
    }

    /// The next bytes of the body, nil at its end.
    func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let read = running.withLock { $0.state.read(waiter: waiter, now: .now()) }
                switch read {
                case .chunk(let chunk, let resume):
                    resume?.succeed()
                    waiter.resume(returning: chunk)
                case .end: waiter.resume(returning: nil)
                case .failed(let error): waiter.resume(throwing: error)
                case .wait: break
                }
            }
        } onCancel: {
            abandon()
        }
    }
}

extension Exchange.Running {
    /// Lets go of the request, and gives the timer that is to be cancelled.
    mutating func release() -> Scheduled<Void>? {
        defer {
            task = nil
            timer = nil
        }
        return timer
    }
}
