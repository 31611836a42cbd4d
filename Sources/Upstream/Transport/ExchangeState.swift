// The bookkeeping of one HTTP exchange: phases, buffered body, who waits. No I/O, no clock.
import NIOCore
import NIOHTTP1

struct ExchangeState {
    typealias HeadWaiter = CheckedContinuation<HTTPResponseHead, any Error>
    typealias BodyWaiter = CheckedContinuation<ByteBuffer?, any Error>

    /// Body bytes buffered before the connection is made to wait, and where it goes on.
    static let highWatermark = 1024 * 1024
    static let lowWatermark = 512 * 1024

    enum Phase {
        case connecting
        case awaitingHead
        case receivingBody
        case complete
        case failed(any Error)
    }

    struct Limit: Equatable {
        var at: NIODeadline
        /// What the time-out is called.
        var phase: UpstreamError.Phase
    }

    enum Verdict: Equatable {
        case over
        case expired(UpstreamError.Phase)
        case checkAgain(at: NIODeadline)
    }

    private(set) var phase = Phase.connecting
    private(set) var head: HTTPResponseHead?
    private var chunks = CircularBuffer<ByteBuffer>()
    private var bufferedBytes = 0
    private var headWaiter: HeadWaiter?
    private var bodyWaiter: BodyWaiter?
    private var bodyWaiterSince: NIODeadline?
    private var paused: EventLoopPromise<Void>?
    /// The end of the phase before the response head.
    private var headLimit: Limit?
    /// The end of the exchange as a whole.
    private var totalLimit: Limit?
    private let idle: TimeAmount
    private var rate: TransferRate

    init(idle: TimeAmount, minimumRate: MinimumRate = MinimumRate()) {
        self.idle = idle
        rate = TransferRate(minimumRate)
    }

    var isOver: Bool {
        switch phase {
        case .complete, .failed: true
        case .connecting, .awaitingHead, .receivingBody: false
        }
    }

    mutating func limitHead(_ limit: Limit) {
        if head == nil { headLimit = limit }
    }

    /// An earlier limit of the whole stays.
    mutating func limitTotal(_ limit: Limit) {
        totalLimit = totalLimit.map { $0.at < limit.at ? $0 : limit } ?? limit
    }

    /// What a look at the clock means.
    func verdict(now: NIODeadline) -> Verdict {
        if isOver { return .over }
        let idleLimit = bodyWaiterSince.map { Limit(at: $0 + idle, phase: .idle) }
        let rateLimit = bodyWaiterSince.flatMap { rate.limit(waitingSince: $0) }
            .map { Limit(at: $0, phase: .rate) }
        let limits = [totalLimit, headLimit, idleLimit, rateLimit].compactMap { $0 }
        if let passed = limits.first(where: { $0.at <= now }) { return .expired(passed.phase) }
        let next = limits.map(\.at).min() ?? now + idle
        return .checkAgain(at: head == nil ? next : min(next, now + min(idle, rate.window)))
    }
}

extension ExchangeState {
    /// Nil where the exchange failed before anybody waited.
    mutating func waitForHead(_ waiter: HeadWaiter) -> (any Error)? {
        if case .failed(let error) = phase { return error }
        headWaiter = waiter
        return nil
    }

    mutating func requestSent() {
        if case .connecting = phase { phase = .awaitingHead }
    }

    mutating func receive(head: HTTPResponseHead) -> HeadWaiter? {
        guard !isOver else { return nil }
        phase = .receivingBody
        headLimit = nil
        self.head = head
        defer { headWaiter = nil }
        return headWaiter
    }

    enum Delivery {
        case hand(ByteBuffer, to: BodyWaiter)
        /// Kept; the connection may go on at once.
        case kept
        /// Kept; the connection goes on when the promise is fulfilled.
        case pause
    }

    mutating func receive(body chunk: ByteBuffer, now: NIODeadline = .now()) -> Delivery {
        guard !isOver else { return .kept }
        rate.received(chunk.readableBytes, waitingSince: bodyWaiterSince, now: now)
        if let waiter = bodyWaiter {
            clearWaiter()
            return .hand(chunk, to: waiter)
        }
        chunks.append(chunk)
        bufferedBytes += chunk.readableBytes
        return bufferedBytes < Self.highWatermark ? .kept : .pause
    }

    mutating func pause(_ promise: EventLoopPromise<Void>) {
        paused = promise
    }

    /// The waiter to be told of the end.
    mutating func finish() -> BodyWaiter? {
        guard !isOver else { return nil }
        phase = .complete
        defer { clearWaiter() }
        return bodyWaiter
    }

    /// Everybody to be told of a failure. Buffered bytes stay readable unless `discarding`.
    mutating func fail(
        _ error: any Error, discarding: Bool
    ) -> (head: HeadWaiter?, body: BodyWaiter?, paused: EventLoopPromise<Void>?) {
        if discarding {
            chunks.removeAll()
            bufferedBytes = 0
        }
        let resumed = paused
        paused = nil
        guard !isOver else { return (nil, nil, resumed) }
        phase = .failed(error)
        defer {
            headWaiter = nil
            clearWaiter()
        }
        return (headWaiter, bodyWaiter, resumed)
    }

    enum Read {
        case chunk(ByteBuffer, resume: EventLoopPromise<Void>?)
        case end
        case failed(any Error)
        case wait
    }

    /// - Precondition: one reader at a time.
    mutating func read(waiter: BodyWaiter, now: NIODeadline) -> Read {
        precondition(bodyWaiter == nil, "a response body has one reader")
        if let chunk = chunks.popFirst() {
            bufferedBytes -= chunk.readableBytes
            guard bufferedBytes <= Self.lowWatermark else { return .chunk(chunk, resume: nil) }
            defer { paused = nil }
            return .chunk(chunk, resume: paused)
        }
        switch phase {
        case .complete: return .end
        case .failed(let error): return .failed(error)
        case .connecting, .awaitingHead, .receivingBody:
            bodyWaiter = waiter
            bodyWaiterSince = now
            return .wait
        }
    }

    private mutating func clearWaiter() {
        bodyWaiter = nil
        bodyWaiterSince = nil
    }
}
