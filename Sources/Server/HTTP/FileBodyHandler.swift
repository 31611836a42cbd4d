/// Sends spans of files down a connection, following a file that still grows.

import CacheStore
import NIOCore
import NIOHTTP1
import NIOPosix

/// One window is in flight at a time; a reader that cannot go on leaves a callback with the file
/// (docs/fill.md, invariants 6 and 7). How a window leaves is the `BodyCarrier`'s.
///
/// A client that reads as fast as it is sent to gets as much as a window has, then it is the turn of
/// the loop's other connections.
///
/// Nobody behind writes while a body is sent, so nobody there hears of the connection's writability,
/// which changes twice with each window, until it ends.
///
/// A body of known length is spared the way through the HTTP encoder, which leaves it as it is.
///
/// A file can be cut short while a region of it is in flight, so its size is asked each second
/// then: the kernel would take nothing more of it, and the loop would spin.
final class FileBodyHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private struct Transfer {
        let content: GrowingFile
        let start: Int64
        let end: Int64?
        var offset: Int64
        /// The end of the region that the socket is taking; nil between two.
        var inFlight: Int64?
        let counter: BodyCounter
        let promise: EventLoopPromise<Int64>
    }

    private static let watchInterval = TimeAmount.seconds(1)
    /// Until the next turn. Not none: a loop runs tasks that are due before it looks at its sockets
    /// again, also those that came in the meantime.
    static let turnInterval = TimeAmount.microseconds(20)

    private let carrier: any BodyCarrier
    private var context: ChannelHandlerContext?
    private var encoder: ChannelHandlerContext?
    private var transfer: Transfer?
    private var isPumping = false
    private var mayGoOn = false
    private var isWatching = false
    /// Whether the writability has changed from what those behind know.
    private var isWritabilityHeld = false

    init(_ carrier: any BodyCarrier = SendfileCarrier()) {
        self.carrier = carrier
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        encoder = try? context.pipeline.syncOperations.context(
            handlerType: HTTPResponseEncoder.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.ioOnClosedChannel))
        (self.context, encoder) = (nil, nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.ioOnClosedChannel))
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if transfer == nil {
            context.fireChannelWritabilityChanged()
        } else {
            isWritabilityHeld.toggle()
        }
    }

    /// Begins to send; the future gives the number of bytes when the last was handed to the
    /// kernel, fewer than asked for where the disk took no more, or fails with the `FillFailure`
    /// that cuts the response short.
    func send(
        _ span: FileSpan, of content: GrowingFile, counter: BodyCounter
    ) -> EventLoopFuture<Int64> {
        guard let context, context.channel.isActive, transfer == nil else {
            return (self.context?.eventLoop ?? MultiThreadedEventLoopGroup.singleton.any())
                .makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        let promise = context.eventLoop.makePromise(of: Int64.self)
        transfer = Transfer(
            content: content, start: span.start, end: span.end, offset: span.start,
            counter: counter, promise: promise)
        carrier.bodyBegins()
        pump()
        return promise.futureResult
    }

    /// Goes on until a window is in flight, the file has no more, all is sent, or its turn is over.
    /// Completions that arrive meanwhile are taken up here, not by recursion.
    private func pump() {
        mayGoOn = true
        guard !isPumping else { return }
        isPumping = true
        var endOfTurn: Int64?
        while mayGoOn, let transfer, let context {
            mayGoOn = false
            switch transfer.content.availability(at: transfer.offset, end: transfer.end) {
            case .bytes where transfer.offset >= endOfTurn ?? .max:
                pause(Self.turnInterval, transfer, context)
            case .bytes(let limit):
                endOfTurn = endOfTurn ?? transfer.offset + carrier.windowBytes
                send(upTo: limit, of: transfer, context)
            case .wait: wait(for: transfer, context)
            case .end, .detour: finish(.success(()))
            case .cut(let failure): finish(.failure(failure))
            }
        }
        isPumping = false
    }

    private func send(upTo limit: Int64, of transfer: Transfer, _ context: ChannelHandlerContext) {
        let pace = transfer.counter.pace
        let most = pace == nil ? carrier.windowBytes : min(carrier.windowBytes, BodyPace.quantum)
        let window = transfer.offset..<min(limit, transfer.offset + most)
        if let delay = pace?.delay(before: window) {
            return pause(TimeAmount(delay), transfer, context)
        }
        do {
            switch try carrier.carry(window, of: transfer.content, on: context.eventLoop) {
            case .now(let parts): write(parts, window, of: transfer, context)
            case .later(let parts):
                parts.assumeIsolated().whenComplete { result in
                    guard self.isCurrent(transfer) else { return }
                    switch result {
                    case .success(let parts): self.write(parts, window, of: transfer, context)
                    case .failure(let error): self.finish(.failure(error))
                    }
                }
            }
        } catch {
            finish(.failure(error))
        }
    }

    /// For a client that is at its bandwidth, or has had its turn.
    private func pause(
        _ delay: TimeAmount, _ transfer: Transfer, _ context: ChannelHandlerContext
    ) {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            if self.isCurrent(transfer) { self.pump() }
        }
    }

    private func isCurrent(_ transfer: Transfer) -> Bool {
        self.transfer?.content === transfer.content && self.transfer?.offset == transfer.offset
    }

    private func write(
        _ parts: [IOData], _ window: Range<Int64>, of transfer: Transfer,
        _ context: ChannelHandlerContext
    ) {
        let written = context.eventLoop.makePromise(of: Void.self)
        self.transfer?.inFlight = window.upperBound
        written.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success:
                transfer.counter.add(Int64(window.count))
                self.transfer?.offset = window.upperBound
                self.transfer?.inFlight = nil
                self.pump()
            case .failure(let error): self.finish(.failure(error))
            }
        }
        let out = transfer.end == nil ? nil : encoder
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let promise = isLast ? written : nil
            if let out {
                out.write(HTTPResponseEncoder.wrapOutboundOut(part), promise: promise)
            } else {
                context.write(wrapOutboundOut(.body(part)), promise: promise)
            }
            if isLast || carrier.flushesEachPart { (out ?? context).flush() }
        }
        if case .fileRegion = parts.last, self.transfer?.inFlight != nil { watch(context) }
    }

    // MARK: A file that is cut short while a region of it is in flight

    private func watch(_ context: ChannelHandlerContext) {
        guard !isWatching else { return }
        isWatching = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.watchInterval) {
            self.isWatching = false
            self.check()
        }
    }

    private func check() {
        guard let context, let transfer, let end = transfer.inFlight else { return }
        if let size = try? transfer.content.sizeOnDisk(), size >= end { return watch(context) }
        finish(.failure(FileCutShort()))
        context.close(promise: nil)
    }

    // MARK: A file that still grows

    private func wait(for transfer: Transfer, _ context: ChannelHandlerContext) {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        transfer.content.wait(
            at: transfer.offset, end: transfer.end, on: context.eventLoop
        ) { [content = transfer.content, offset = transfer.offset] in
            let handler = handler.value
            guard let current = handler.transfer, current.content === content,
                current.offset == offset
            else { return }
            handler.pump()
        }
    }

    private func finish(_ result: Result<Void, any Error>) {
        guard let transfer else { return }
        self.transfer = nil
        carrier.bodyEnded()
        if isWritabilityHeld {
            isWritabilityHeld = false
            context?.fireChannelWritabilityChanged()
        }
        switch result {
        case .success: transfer.promise.succeed(transfer.offset - transfer.start)
        case .failure(let error): transfer.promise.fail(error)
        }
    }
}
