/// Ends connections whose clients let Larder wait: for a request, or for the rest of one (R47).

import NIOCore

/// Stands before the HTTP decoder, where it sees bytes come; `RequestCheck` behind the decoder
/// and `FastPathHandler`, which knows of every answer, tell it the rest. A client that lets its
/// answer wait is the kernel's to end (`TCP_USER_TIMEOUT`).
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Phase {
        /// The first bytes of a head have come, or the connection is new.
        case head
        case body
        /// All that came was answered.
        case idle
        /// The client waits for Larder.
        case answering
    }

    private let connections: Connections
    private let idleTimeout: TimeAmount
    private let headerTimeout: TimeAmount
    private var phase = Phase.head
    private var since = NIODeadline.now()
    private var outstanding = 0
    private var timer: Scheduled<Void>?

    init(_ connections: Connections) {
        self.connections = connections
        let settings = connections.settings
        idleTimeout = TimeAmount(settings.idleTimeout)
        headerTimeout = TimeAmount(settings.headerTimeout)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if phase == .idle { enter(.head) }
        context.fireChannelRead(data)
    }

    // MARK: What the others tell

    func headArrived() {
        outstanding += 1
        enter(.body)
    }

    func requestArrived() {
        enter(outstanding > 0 ? .answering : .idle)
    }

    /// A whole one, which no decoder saw.
    func knownRequestArrived() {
        outstanding += 1
        phase = .answering
    }

    /// Whether all that came were whole requests.
    var isBetweenRequests: Bool { phase == .answering || phase == .idle }

    func answered() {
        outstanding = max(0, outstanding - 1)
        if outstanding == 0 && phase == .answering { enter(.idle) }
    }

    // MARK: The time that passes

    private func enter(_ phase: Phase) {
        self.phase = phase
        since = .now()
    }

    private func begin(_ context: ChannelHandlerContext) {
        enter(.head)
        schedule(in: headerTimeout, context)
    }

    /// Nil while nothing is waited for.
    private var remaining: TimeAmount? {
        let limit: TimeAmount
        switch phase {
        case .head: limit = headerTimeout
        case .body, .idle: limit = idleTimeout
        case .answering: return nil
        }
        return limit - (NIODeadline.now() - since)
    }

    /// Each `headerTimeout` at least: a phase is not heard of when it begins.
    private func schedule(in delay: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: min(delay, headerTimeout)) {
            self.check(context)
        }
    }

    private func check(_ context: ChannelHandlerContext) {
        timer = nil
        guard let remaining, remaining <= .zero else {
            return schedule(in: self.remaining ?? headerTimeout, context)
        }
        connections.count(phase == .idle ? .idle : .slowRequest)
        context.close(promise: nil)
    }
}
