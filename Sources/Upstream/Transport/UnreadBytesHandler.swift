// Keeps what a connection still holds when its server closes it, until it is asked for.
import NIOCore

/// A server that closes, or a line that breaks, leaves bytes that have arrived and that nobody has
/// asked for yet. NIO reads all of them at once and then closes the channel, upon which the HTTP
/// client drops them: some megabytes that a resumed transfer would have to fetch again (R17).
///
/// This handler stands before all others. It passes bytes on only as they are asked for, and
/// closes the channel once the last of them was. After each step it has the pipeline ask for more,
/// as NIO does after its own reads: the HTTP client waits for that.
final class UnreadBytesHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Never

    private var unread = CircularBuffer<ByteBuffer>()
    private var isAskedFor = false
    private var hasEnded = false

    /// Puts the handler first into the pipeline of a connection, and lets the connection stay open
    /// when its server has sent the last byte.
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.setOption(.allowRemoteHalfClosure, value: true).flatMapThrowing {
            try channel.pipeline.syncOperations.addHandler(UnreadBytesHandler(), position: .first)
        }
    }

    func read(context: ChannelHandlerContext) {
        isAskedFor = true
        if !unread.isEmpty {
            pass(context)
            context.pipeline.syncOperations.read()
        } else if hasEnded {
            context.close(promise: nil)
        } else {
            context.read()
        }
    }

    /// What was asked for goes on at once: the head of a response has not to wait until as much of
    /// its body is read as NIO reads in a row.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unread.append(unwrapInboundIn(data))
        if isAskedFor { pass(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isAskedFor, !unread.isEmpty { pass(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !unread.isEmpty { pass(context) }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        hasEnded = true
        context.pipeline.syncOperations.read()
    }

    private func pass(_ context: ChannelHandlerContext) {
        isAskedFor = false
        while let buffer = unread.popFirst() { context.fireChannelRead(wrapInboundOut(buffer)) }
        context.fireChannelReadComplete()
    }
}
