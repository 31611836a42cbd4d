/// The pipeline of one client connection.

import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL

/// TLS → `ConnectionWatch` → `KnownHeadHandler` → HTTP/1.1 codec → `RequestCheck` →
/// `FileBodyHandler` → `FastPathHandler` → HTTP types codec → Hummingbird.
///
/// Hummingbird carries requests and heads; bodies that are files leave below it, by sendfile, or
/// in blocks where they are encrypted (design §5).
struct RegistryChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// The `Server` field.
    static let serverName = "larder"

    struct TooManyConnections: Error {}

    let responder: HTTPChannelHandler.Responder
    let fastPath: FastPath
    let connections: Connections
    /// Nil for plain HTTP.
    let tls: TLSListener?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        switch connections.admit(channel.closeFuture) {
        case .admitted: break
        case .refused where tls == nil:
            return wrap(channel) { try $0.addHandler(RefusedConnection()) }
        // A handshake would cost more than what is being saved.
        case .refused, .dropped:
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        return wrap(channel) { pipeline in
            try setWriteTimeout(of: channel)
            try addHandlers(to: pipeline, logger)
        }
    }

    private func addHandlers(
        to pipeline: ChannelPipeline.SynchronousOperations, _ logger: Logger
    ) throws {
        if let tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls.certificates.context))
        }
        let watch = ConnectionWatch(connections)
        let carrier: any BodyCarrier =
            if let tls { BlockCarrier(tls.blocks) } else { SendfileCarrier() }
        let files = FileBodyHandler(carrier)
        let path = FastPathHandler(fastPath, files: files, watch: watch)
        try pipeline.addHandler(watch)
        try pipeline.addHandler(
            KnownHeadHandler(fastPath.heads.of(pipeline.eventLoop), path: path, watch: watch))
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 64 * 1024
        limits.maxHeaderFieldCount = 128
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: true,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: limits)
        try pipeline.addHandler(RequestCheck(watch))
        try pipeline.addHandler(files)
        try pipeline.addHandler(path)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
        try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
    }

    private func wrap(
        _ channel: any Channel,
        _ addHandlers: (ChannelPipeline.SynchronousOperations) throws -> Void
    ) -> EventLoopFuture<Value> {
        let wrapped =
            channel.eventLoop.makeCompletedFuture {
                try addHandlers(channel.pipeline.syncOperations)
                return try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true))
            } as EventLoopFuture<Value>
        // Nobody else closes what could not be set up, such as a connection that is gone already.
        wrapped.whenFailure { _ in channel.close(promise: nil) }
        return wrapped
    }

    /// The kernel ends a connection whose client acknowledges nothing of what is sent, or has no
    /// room for it, for so long (tcp(7)). A Unix socket has no such time-out.
    private func setWriteTimeout(of channel: any Channel) throws {
        let milliseconds = TimeAmount(connections.settings.writeTimeout).nanoseconds / 1_000_000
        let option = ChannelOptions.Types.SocketOption(
            level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT))
        do {
            try channel.syncOptions?.setOption(option, value: Int(clamping: milliseconds))
        } catch let error as IOError where error.errnoCode == EOPNOTSUPP {}
    }

    func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}

/// What the connections of a listener with TLS share.
struct TLSListener: Sendable {
    let certificates: TLSCertificates
    let blocks: BlockBudget
}
