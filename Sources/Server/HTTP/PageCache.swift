/// Whether bytes of a file are in memory, and bringing them there: no event loop waits for a disk.

import CacheStore
import NIOCore
import NIOPosix

/// What `FileBodyHandler` asks before it sends a region; a test puts its own in its place.
struct PageCache: Sendable {
    /// A few system calls, none of which blocks.
    var isResident: @Sendable (GrowingFile, Range<Int64>) -> Bool
    /// Reads the bytes on a thread of their own.
    var readIn: @Sendable (GrowingFile, Range<Int64>, any EventLoop) -> EventLoopFuture<Void>

    static let system = PageCache(
        isResident: { $0.isResident(at: $1.lowerBound, count: Int64($1.count)) },
        readIn: { content, range, loop in
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
                try content.readIn(at: range.lowerBound, count: Int64(range.count))
            }
        })
}
