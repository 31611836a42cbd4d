/// Verifying passwords: slow on purpose, so on threads of its own, and few at a time.

import CLinux
import NIOPosix
import Synchronization
import Upstream

final class PasswordChecks: Sendable {
    /// Too many passwords wait to be verified.
    struct Overload: Error {}

    private static let threads = 2
    /// Those that are computed included.
    static let maximumWaiting = 64
    /// Made of a password that nobody has: a user who is not there takes as long as one who is.
    private static let nobody = "$2y$10$CwTycUXWue0Thq9StjUM0uJ8gQ1CpWBXZEGqjFWkX1kxBS0e1Z1Wu"

    private let pool = NIOThreadPool(numberOfThreads: threads)
    private let waiting = Atomic(0)

    init() {
        pool.start()
    }

    func shutdown() async {
        try? await pool.shutdownGracefully()
    }

    /// How many wait.
    var count: Int { waiting.load(ordering: .relaxed) }

    /// - Parameter hash: nil where there is no such user.
    /// - Throws: ``Overload``.
    func isRight(_ password: Secret, for hash: String?) async throws -> Bool {
        try await perform {
            let matches = larder_password_matches(password.reveal(), hash ?? Self.nobody) == 1
            return hash != nil && matches
        }
    }

    /// Runs a check in its turn.
    ///
    /// - Throws: ``Overload``.
    func perform(_ check: @escaping @Sendable () -> Bool) async throws -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            throw Overload()
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await pool.runIfActive(check)
    }
}
