/// Threads for the store's blocking calls, kept off the event loops.

import NIOPosix

/// `io` opens, reads, writes and hashes; `sync` waits for the disk, so that an `fsync` of
/// gigabytes never stands in the way of a hit.
struct StoreThreads: Sendable {
    let io = NIOThreadPool(numberOfThreads: 4)
    let sync = NIOThreadPool(numberOfThreads: 2)

    init() {
        io.start()
        sync.start()
    }

    func shutdown() async {
        try? await io.shutdownGracefully()
        try? await sync.shutdownGracefully()
    }
}
