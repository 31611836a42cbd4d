// Threads for the blocking sockets of tests.
import NIOPosix

enum BlockingThreads {
    /// Apart from the singleton, whose few threads Larder needs to answer those who wait here.
    static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 32)
        pool.start()
        return pool
    }()
}
