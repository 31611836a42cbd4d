/// Sends spans of files down a connection by sendfile, following a file that still grows.

import CacheStore
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a response body takes from a file: from `start` up to `end`, or to wherever the file
/// ends when its length was not known at the beginning.
struct FileSpan: Sendable, Equatable {
    let start: Int64
    let end: Int64?
}

/// The file has fewer bytes on the disk than are being sent of it.
struct FileCutShort: Error {}

/// One region of at most 1 MiB is in flight at a time, once its pages are in memory; a reader
/// that cannot go on leaves a callback with the file (docs/fill.md, invariants 6 and 7).
///
/// A region past the end of its file would make the loop spin, since the kernel takes nothing
/// of it and the socket stays writable. So the file's size is asked before each region, and
/// each second while one is in flight.
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
        /// Up to here the pages are in memory.
        var residentEnd: Int64
        let counter: BodyCounter
        let promise: EventLoopPromise<Int64>
    }

    private static let regionBytes: Int64 = 1 << 20
    private static let watchInterval = TimeAmount.seconds(1)

    private let pages: PageCache
    private var context: ChannelHandlerContext?
    private var transfer: Transfer?
    private var isPumping = false
    private var mayGoOn = false
    private var isWatching = false

    init(pages: PageCache = .system) {
        self.pages = pages
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.ioOnClosedChannel))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.ioOnClosedChannel))
        context.fireChannelInactive()
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
            residentEnd: span.start, counter: counter, promise: promise)
        pump()
        return promise.futureResult
    }

    /// Goes on until a region is in flight, the file has no more, or all is sent. Completions
    /// that arrive meanwhile are taken up by the loop, not by recursion.
    private func pump() {
        mayGoOn = true
        guard !isPumping else { return }
        isPumping = true
        while mayGoOn, let transfer, let context {
            mayGoOn = false
            switch transfer.content.availability(at: transfer.offset, end: transfer.end) {
            case .bytes(let limit): send(upTo: limit, of: transfer, context)
            case .wait: wait(for: transfer, context)
            case .end, .detour: finish(.success(()))
            case .cut(let failure): finish(.failure(failure))
            }
        }
        isPumping = false
    }

    private func send(upTo limit: Int64, of transfer: Transfer, _ context: ChannelHandlerContext) {
        let pace = transfer.counter.pace
        let most = pace == nil ? Self.regionBytes : BodyPace.quantum
        let window = transfer.offset..<min(limit, transfer.offset + most)
        if let delay = pace?.delay(before: window) { return pause(delay, transfer, context) }
        if window.upperBound <= transfer.residentEnd || pages.isResident(transfer.content, window) {
            write(window, of: transfer, context)
        } else {
            readIn(window, of: transfer, context)
        }
    }

    /// For a client that is at its bandwidth.
    private func pause(
        _ delay: Duration, _ transfer: Transfer, _ context: ChannelHandlerContext
    ) {
        let (content, offset) = (transfer.content, transfer.offset)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            guard let current = self.transfer, current.content === content,
                current.offset == offset
            else { return }
            self.pump()
        }
    }

    private func readIn(
        _ window: Range<Int64>, of transfer: Transfer, _ context: ChannelHandlerContext
    ) {
        let read = pages.readIn(transfer.content, window, context.eventLoop)
        read.assumeIsolated().whenComplete { [content = transfer.content] result in
            guard let current = self.transfer, current.content === content,
                current.offset == window.lowerBound
            else { return }
            switch result {
            case .success:
                self.transfer?.residentEnd = window.upperBound
                self.pump()
            case .failure(let error): self.finish(.failure(error))
            }
        }
    }

    private func write(
        _ window: Range<Int64>, of transfer: Transfer, _ context: ChannelHandlerContext
    ) {
        do {
            guard try transfer.content.sizeOnDisk() >= window.upperBound else {
                throw FileCutShort()
            }
            let region = FileRegion(
                fileHandle: try transfer.content.handle(for: context.eventLoop),
                readerIndex: Int(window.lowerBound), endIndex: Int(window.upperBound))
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
            context.writeAndFlush(
                wrapOutboundOut(.body(.fileRegion(region))), promise: written)
            if self.transfer?.inFlight != nil { watch(context) }
        } catch {
            finish(.failure(error))
        }
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
        switch result {
        case .success: transfer.promise.succeed(transfer.offset - transfer.start)
        case .failure(let error): transfer.promise.fail(error)
        }
    }
}

extension Channel {
    /// Sends a span of `content` after what was written to the channel before; answers the
    /// number of bytes.
    func send(
        _ span: FileSpan, of content: GrowingFile, counter: BodyCounter
    ) async throws -> Int64 {
        let sent = eventLoop.flatSubmit {
            do {
                return try self.pipeline.syncOperations.handler(type: FileBodyHandler.self)
                    .send(span, of: content, counter: counter)
            } catch {
                return self.eventLoop.makeFailedFuture(error)
            }
        }
        return try await withTaskCancellationHandler {
            try await sent.get()
        } onCancel: {
            close(promise: nil)
        }
    }
}
