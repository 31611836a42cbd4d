/// Refuses requests that another server on the way may take for others than Larder does (R73).

import NIOCore
import NIOHTTP1

/// Stands behind the HTTP decoder, which refuses most of them. A refusal is an error to those
/// behind: Hummingbird answers it with 400, in its turn, and closes. Nothing that comes after is
/// looked at.
final class RequestCheck: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let watch: ConnectionWatch
    private var isRequestOpen = false
    private var isRefused = false
    /// Whether the refusal is for a head that is too large.
    private var isTooLarge = false

    init(_ watch: ConnectionWatch) {
        self.watch = watch
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if let problem = Self.problem(of: head) { return refuse(problem, context) }
            isRequestOpen = true
            watch.headArrived()
        case .body: break
        case .end:
            isRequestOpen = false
            watch.requestArrived()
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let problem = error as? HTTPParserError else {
            return context.fireErrorCaught(error)
        }
        guard !isRefused else { return }
        // In the middle of a request, which may be answered already: a 400 would be a second
        // answer to it.
        guard !isRequestOpen else {
            isRefused = true
            return context.close(promise: nil)
        }
        refuse(problem, context)
    }

    private func refuse(_ problem: HTTPParserError, _ context: ChannelHandlerContext) {
        isRefused = true
        isTooLarge = problem == .headerOverflow
        context.fireErrorCaught(problem)
    }

    /// Hummingbird's 400, the last answer of the connection, becomes a 431 where that is what it
    /// means (RFC 6585 §5).
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isTooLarge, case .head(var head) = unwrapOutboundIn(data),
            head.status == .badRequest, head.headers.first(name: "connection") == "close"
        else { return context.write(data, promise: promise) }
        head.status = .requestHeaderFieldsTooLarge
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// RFC 9112 §3.2 (one `Host`, in HTTP/1.1 at least), §3.2.1 (nothing but a path is Larder's to
    /// answer), §6.1 (HTTP/1.0 has no transfer codings).
    private static func problem(of head: HTTPRequestHead) -> HTTPParserError? {
        guard head.uri.utf8.first == UInt8(ascii: "/") else { return .invalidURL }
        let isOld = head.version.major < 1 || head.version == .http1_0
        var hosts = 0
        for (name, _) in head.headers {
            switch name.utf8.count {
            case 4 where name.isEqual(toLowercase: "host"): hosts += 1
            case 17 where name.isEqual(toLowercase: "transfer-encoding"):
                guard !isOld else { return .invalidHeaderToken }
            default: break
            }
        }
        return hosts == 1 || (hosts == 0 && isOld) ? nil : .invalidHeaderToken
    }
}
