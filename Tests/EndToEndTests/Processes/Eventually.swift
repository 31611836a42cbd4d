// Waiting for a state of another process, with an end.

/// Asks `condition` again and again until it holds.
///
/// Other processes tell of their state only when asked, so this is where the tests poll.
/// - Throws: `DeadlineExceeded` when it does not hold within `limit`.
func eventually(
    _ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw DeadlineExceeded(what: what, limit: limit)
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// A condition did not come true in time.
struct DeadlineExceeded: Error, CustomStringConvertible {
    let what: String
    let limit: Duration

    var description: String { "not within \(limit): \(what)" }
}
