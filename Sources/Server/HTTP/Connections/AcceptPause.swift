/// Lets new connections wait while the process has no descriptor for one (R43).

import Logging
import NIOCore

/// First in the pipeline of a channel that listens. NIO's own `AcceptBackoffHandler` delays the
/// next `read()` only, and `accept` having failed, the read before it still stands: the selector
/// would report the waiting connections again and again, and the loop spin.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(100)
    private static let silence = TimeAmount.minutes(1)

    private let logger: Logger
    private var isPaused = false
    private var toldAt: NIODeadline?

    init(logger: Logger) {
        self.logger = logger
    }

    /// Has `channel` listen so.
    static func add(to channel: any Channel, logger: Logger) async throws {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(
                AcceptPause(logger: logger), position: .first)
        }.get()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        tell(error)
        guard !isPaused else { return }
        isPaused = true
        listen(false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPaused = false
            self.listen(true, context)
        }
    }

    /// A channel that is closed meanwhile takes no option any more.
    private func listen(_ listens: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: listens)
    }

    private func tell(_ error: any Error) {
        if let toldAt, NIODeadline.now() - toldAt < Self.silence { return }
        toldAt = .now()
        logger.warning("new connections have to wait", metadata: ["error": "\(error)"])
    }
}
