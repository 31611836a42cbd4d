/// How often a broken download is gone on with.

/// Counts breaks in a row: one after which at least 64 KiB came begins a new row.
struct ResumePolicy: Sendable {
    static let progressBytes: Int64 = 64 * 1024

    let limit: Int
    private var inARow = 0
    private var lastPosition: Int64

    init(limit: Int, position: Int64) {
        self.limit = limit
        lastPosition = position
    }

    /// How long to wait before the next try, or nil when there is none left.
    mutating func next(after position: Int64) -> Duration? {
        if position - lastPosition >= Self.progressBytes { inARow = 0 }
        lastPosition = position
        inARow += 1
        guard inARow <= limit else { return nil }
        return .milliseconds(100 << (inARow - 1))
    }
}
