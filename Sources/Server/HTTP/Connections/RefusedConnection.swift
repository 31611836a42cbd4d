/// Tells a client that there are too many: with the request that it sends, so that it does not
/// take the answer for that of no request at all.

import NIOCore

/// In a pipeline without HTTP: it costs no more than the connection itself.
final class RefusedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// For the first bytes of a request.
    private static let patience = TimeAmount.seconds(1)

    private static let answer: ByteBuffer = {
        let body = #"{"errors":[{"code":"UNAVAILABLE","message":"too many connections"}]}"#
        return ByteBuffer(
            string: """
                HTTP/1.1 503 Service Unavailable\r
                Content-Type: application/json\r
                Content-Length: \(body.utf8.count)\r
                Retry-After: 1\r
                Server: \(RegistryChannel.serverName)\r
                Connection: close\r
                \r
                \(body)
                """)
    }()

    private var isAnswered = false
    private var timer: Scheduled<Void>?

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        isAnswered = true
        context.writeAndFlush(wrapOutboundOut(Self.answer)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
