/// The read-only connection, on a thread of its own.

import NIOPosix
import Synchronization

/// Answers queries from a connection that cannot write. A call costs a thread hop
/// (about 30 µs), never a wait for the writer.
final class IndexReader: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let database: Mutex<Database>

    init(_ database: sending Database) {
        self.database = Mutex(database)
        thread.start()
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await thread.runIfActive { [self] in
            try database.withLock { try body($0) }
        }
    }

    func close() async {
        try? await thread.shutdownGracefully()
    }
}
