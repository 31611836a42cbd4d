/// A Larder with users of its own.
import TestKit

@testable import Server

extension TestUser {
    /// The only user of ``withUsers(_:anonymous:change:_:)``.
    static let carol = TestUser(name: "carol", password: "secret")
    /// Of `secret`, by crypt(5)'s SHA-256 with few rounds: bcrypt would take the test's time.
    static let hash = "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2"

    static let wrong = TestUser(name: "carol", password: "guessed")
}

/// Runs `body` with carol as the only user, and `image` as `app:1`.
///
/// - Parameter body: is handed the file of users as well.
func withUsers(
    _ image: SyntheticImage, anonymous: Bool = false,
    change: (inout Configuration) -> Void = { _ in },
    _ body:
        @escaping @Sendable (TestLarder, ScriptedRegistry, _ file: String) async throws -> Void
) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let file = try directory.write("carol:\(TestUser.hash)\n", as: "htpasswd")
    try await withLarder(
        { $0.add(repository: "app", image: image, tags: ["1"]) },
        change: {
            $0.auth.htpasswd = file
            $0.auth.allowsAnonymous = anonymous
            change(&$0)
        }
    ) { try await body($0, $1, file) }
}
