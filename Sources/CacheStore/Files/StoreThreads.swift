/// Threads for the store's blocking calls, kept off the event loops.

import NIOPosix

/// `io` opens and reads for hits; `fills` runs the fills, which write and hash; `sync` waits for the
/// disk, so that an `fsync` of gigabytes stands neither in a hit's way nor in a fill's.
struct StoreThreads: Sendable {
    let io = NIOThreadPool(numberOfThreads: 4)
    let fills = BlockingExecutor(numberOfThreads: 4)
    let sync = NIOThreadPool(numberOfThreads: 2)

    init() {
        io.start()
        fills.start()
        sync.start()
    }

    func shutdown() async {
        try? await io.shutdownGracefully()
        await fills.shutdown()
        try? await sync.shutdownGracefully()
    }
}
