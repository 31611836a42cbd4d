/// Has hits answered whose heads are known, and hands all other bytes on to the HTTP decoder.

import NIOCore

/// Stands between `ConnectionWatch` and the decoder. It judges only bytes that begin where a
/// request begins: the decoder has nothing left of what came before, and every request that came
/// was handed on whole.
final class KnownHeadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let heads: KnownHeads
    private let path: FastPathHandler
    private let watch: ConnectionWatch
    private var isBetweenRequests = true
    /// Whether those behind have read anything since they were told that all was read.
    private var hasHandedOn = false

    /// - Parameters:
    ///   - heads: of the connection's event loop.
    ///   - path: the same connection's.
    ///   - watch: likewise.
    init(_ heads: KnownHeads, path: FastPathHandler, watch: ConnectionWatch) {
        self.heads = heads
        self.path = path
        self.watch = watch
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let isAlone = isBetweenRequests && path.isFree
        if isAlone, let known = heads.find(bytes), path.answer(known) { return }
        hasHandedOn = true
        path.forgetHits()
        context.fireChannelRead(data)
        isBetweenRequests = bytes.endsHead && watch.isBetweenRequests
        if isAlone, isBetweenRequests, let head = path.onlyHit { heads.add(bytes, head) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasHandedOn else { return }
        hasHandedOn = false
        context.fireChannelReadComplete()
    }
}

extension ByteBuffer {
    /// Whether a request without a body may end here, and no other have begun behind it.
    fileprivate var endsHead: Bool {
        getInteger(at: writerIndex - 4, as: UInt32.self) == 0x0d0a_0d0a
    }
}
