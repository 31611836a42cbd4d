/// Answers hits on the event loop; hands everything else on, unchanged and in order
/// (docs/fast-path.md).

import HTTPTypes
import NIOCore
import NIOHTTP1
import OCI

/// Stands between `FileBodyHandler` and Hummingbird, and tells the connection's watch of every
/// answer.
final class FastPathHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The requests that were looked at since `forgetHits`.
    private enum Seen {
        case nothing
        case hit(HTTPRequestHead)
        case others
    }

    /// What came while an answer was on its way.
    private enum Held {
        case part(HTTPServerRequestPart)
        case event(Any)
        case error(any Error)
    }

    private let path: FastPath
    private let files: FileBodyHandler
    private let watch: ConnectionWatch
    private var context: ChannelHandlerContext?
    private var encoder: ChannelHandlerContext?
    private var peer: Peer?

    /// A request that is answered here, up to its end.
    private var recognised: FastExchange?
    private var isAnswering = false
    /// Requests handed on and not answered yet.
    private var outstanding = 0
    /// Whether all that comes is handed on: the connection will close, or is out of step.
    private var isBypassed = false
    private var held = CircularBuffer<Held>()
    private var isReleasing = false
    private var isReadHeld = false
    private var seen = Seen.nothing

    /// - Parameters:
    ///   - files: the same connection's.
    ///   - watch: likewise.
    init(_ path: FastPath, files: FileBodyHandler, watch: ConnectionWatch) {
        self.path = path
        self.files = files
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        encoder = try? context.pipeline.syncOperations.context(
            handlerType: HTTPResponseEncoder.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        (self.context, encoder) = (nil, nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        held.removeAll()
        isBypassed = true
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if mustWait { return held.append(.part(part)) }
        take(part, context)
    }

    private var mustWait: Bool { isAnswering || !held.isEmpty }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            recognised = recognise(head, context)
            see(head, isHit: recognised != nil)
            if recognised != nil { return }
            outstanding += 1
            isBypassed = isBypassed || endsConnection(head)
        case .body: break
        case .end:
            if let exchange = recognised {
                recognised = nil
                return answer(exchange, context)
            }
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func endsConnection(_ head: HTTPRequestHead) -> Bool {
        !head.isKeepAlive || head.version != .http1_1
    }

    private func recognise(_ head: HTTPRequestHead, _ context: ChannelHandlerContext)
        -> FastExchange?
    {
        guard mayAnswer, let request = HotRequest(head) else { return nil }
        return path.exchange(request, ForwardedFields(head.headers), over: peer(context))
    }

    private var mayAnswer: Bool {
        !isBypassed && outstanding == 0 && encoder != nil && path.objects.isEnabled
    }

    private func peer(_ context: ChannelHandlerContext) -> Peer {
        let policy = path.access.policy
        if let peer, peer.policy === policy { return peer }
        let next = Peer(context.channel, policy)
        peer = next
        return next
    }

    // MARK: Known heads

    /// Whether a request that comes now would be the only one.
    var isFree: Bool { mayAnswer && !mustWait && recognised == nil }

    /// Answers a request that no decoder saw; false where the normal path has to.
    func answer(_ known: KnownHead) -> Bool {
        guard let context,
            let exchange = path.exchange(known.request, known.forwarded, over: peer(context))
        else { return false }
        watch.knownRequestArrived()
        path.objects.countUndecodedAnswer()
        answer(exchange, context)
        return true
    }

    func forgetHits() { seen = .nothing }

    /// The only request since `forgetHits`, if it is answered here.
    var onlyHit: HTTPRequestHead? { if case .hit(let head) = seen { head } else { nil } }

    private func see(_ head: HTTPRequestHead, isHit: Bool) {
        if case .nothing = seen, isHit { seen = .hit(head) } else { seen = .others }
    }

    // MARK: Answers

    private func answer(_ exchange: FastExchange, _ context: ChannelHandlerContext) {
        isAnswering = true
        path.objects.countAnswer()
        let headAt = NIODeadline.now()
        switch exchange.answer.body {
        case .rendered(let buffer, let bytes):
            write(buffer, promise: promise(exchange, bytes: bytes, headAt, context))
            encoder?.flush()
        case .file(let head, let content, let span):
            write(head, promise: nil)
            let counter = BodyCounter(pace: exchange.admission.map { BodyPace($0) })
            files.send(span, of: content, counter: counter).assumeIsolated().whenComplete {
                let isComplete = (try? $0.get()).map { span.end == span.start + $0 } ?? false
                self.ended(
                    exchange, bytes: counter.bytes, isComplete: isComplete, headAt, context)
            }
        }
    }

    private func write(_ buffer: ByteBuffer, promise: EventLoopPromise<Void>?) {
        encoder?.write(HTTPResponseEncoder.wrapOutboundOut(.byteBuffer(buffer)), promise: promise)
    }

    /// Kept when the kernel has the answer.
    private func promise(
        _ exchange: FastExchange, bytes: Int64, _ headAt: NIODeadline,
        _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            let isComplete = (try? result.get()) != nil
            self.ended(
                exchange, bytes: isComplete ? bytes : 0, isComplete: isComplete, headAt, context)
        }
        return promise
    }

    private func ended(
        _ exchange: FastExchange, bytes: Int64, isComplete: Bool, _ headAt: NIODeadline,
        _ context: ChannelHandlerContext
    ) {
        isAnswering = false
        watch.answered()
        path.ledger.close(
            exchange.entry, exchange.answer.summary, bytes: bytes, isComplete: isComplete,
            headAt: headAt, upstreamCalls: 0)
        guard isComplete else {
            held.removeAll()
            isBypassed = true
            return context.close(promise: nil)
        }
        release(context)
    }

    // MARK: What has to wait

    private func release(_ context: ChannelHandlerContext) {
        guard !isReleasing, !held.isEmpty else { return }
        isReleasing = true
        while !isAnswering, let next = held.popFirst() {
            switch next {
            case .part(let part): take(part, context)
            case .event(let event): context.fireUserInboundEventTriggered(event)
            case .error(let error): fire(error, context)
            }
        }
        isReleasing = false
        context.fireChannelReadComplete()
        if held.isEmpty && isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    /// Requests that wait are not joined by more.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { isReadHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if mustWait { return held.append(.event(event)) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if mustWait { return held.append(.error(error)) }
        fire(error, context)
    }

    private func fire(_ error: any Error, _ context: ChannelHandlerContext) {
        isBypassed = true
        context.fireErrorCaught(error)
    }

    // MARK: Answers of the normal path

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            outstanding = max(0, outstanding - 1)
            watch.answered()
        }
        context.write(data, promise: promise)
    }
}
