/// How often a broken download is gone on with.

/// Counts breaks in a row: one after which at least 64 KiB came begins a new row.
struct ResumePolicy: Sendable {
    static let progressBytes: Int64 = 64 * 1024

    /// The longest pause between two tries.
    static let longestPause = Duration.seconds(10)
    /// The longest that a try waits because somebody asked for it.
    static let longestWait = Duration.seconds(30)

    let limit: Int
    private var inARow = 0
    private var lastPosition: Int64

    init(limit: Int, position: Int64) {
        self.limit = limit
        lastPosition = position
    }

    /// Whether the last try brought next to nothing: another endpoint may do better.
    var isStuck: Bool { inARow > 1 }

    /// How long to wait before the next try, or nil when there is none left: 0.25 s, then four times
    /// as long each time.
    ///
    /// - Parameters:
    ///   - retryAfter: what the upstream, or Larder's own limits, asked for.
    ///   - jitter: from 0 to 1; lengthens the pause by up to a half, so that fills that broke
    ///     together do not come back together.
    mutating func next(
        after position: Int64, retryAfter: Duration? = nil, jitter: Double
    ) -> Duration? {
        if position - lastPosition >= Self.progressBytes { inARow = 0 }
        lastPosition = position
        inARow += 1
        guard inARow <= limit else { return nil }
        let pause = min(.milliseconds(250) * (1 << min(2 * (inARow - 1), 10)), Self.longestPause)
        let wait = min(retryAfter ?? .zero, Self.longestWait)
        return max(pause, wait) * (1 + jitter / 2)
    }
}
