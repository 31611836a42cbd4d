/// How bytes of a file get into a connection: by sendfile, or through memory where they have to be
/// encrypted.

import CacheStore
import NIOCore

/// What a window of a file is sent as.
enum CarriedWindow {
    case now([IOData])
    /// Once a disk was waited for.
    case later(EventLoopFuture<[IOData]>)
}

/// Belongs to one connection, which has one window on its way at a time.
protocol BodyCarrier: AnyObject {
    /// Called before the first window of a body, and after its last.
    func bodyBegins()
    func bodyEnded()

    /// The most bytes that the next window has.
    var windowBytes: Int64 { get }

    /// Whether each part is flushed by itself, or all with the last.
    var flushesEachPart: Bool { get }

    /// - Throws: `FileCutShort` where the disk has not all of the window; so does the future.
    func carry(
        _ window: Range<Int64>, of content: GrowingFile, on loop: any EventLoop
    ) throws -> CarriedWindow
}

/// Regions of the file, once their pages are in memory: the kernel copies them to the socket.
///
/// A region past the end of its file would make the loop spin, since the kernel takes nothing
/// of it and the socket stays writable. So the file's size is asked before regions are sent.
final class SendfileCarrier: BodyCarrier {
    /// As much as nginx sends in a row by default (`sendfile_max_chunk`).
    let windowBytes: Int64 = 2 << 20
    let flushesEachPart = false
    private static let regionBytes: Int64 = 1 << 20
    private let pages: PageCache

    init(_ pages: PageCache = .system) {
        self.pages = pages
    }

    func bodyBegins() {}

    func bodyEnded() {}

    func carry(
        _ window: Range<Int64>, of content: GrowingFile, on loop: any EventLoop
    ) throws -> CarriedWindow {
        guard !pages.isResident(content, window) else {
            return .now(try Self.regions(window, of: content, loop))
        }
        let read = pages.readIn(content, window, loop)
        return .later(read.flatMapThrowing { try Self.regions(window, of: content, loop) })
    }

    private static func regions(
        _ window: Range<Int64>, of content: GrowingFile, _ loop: any EventLoop
    ) throws -> [IOData] {
        guard try content.sizeOnDisk() >= window.upperBound else { throw FileCutShort() }
        let handle = try content.handle(for: loop)
        return stride(from: window.lowerBound, to: window.upperBound, by: Int(regionBytes)).map {
            .fileRegion(
                FileRegion(
                    fileHandle: handle, readerIndex: Int($0),
                    endIndex: Int(min($0 + regionBytes, window.upperBound))))
        }
    }
}
