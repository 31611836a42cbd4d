// How long a registry that answered 429 is left alone (R59).

/// Opened by a 429: for its Retry-After, else for a while that doubles as 429s go on. No clock.
struct Cooldown: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    /// The first pause where the registry does not say how long.
    static let shortest = Duration.seconds(2)
    /// What such pauses grow to.
    static let longest = Duration.seconds(600)
    /// The most that a Retry-After is believed.
    static let longestAsked = Duration.seconds(3600)

    private(set) var end: Instant?
    /// Pauses in a row that the registry left the length of to Larder.
    private var strikes = 0

    /// What is left of it; nil where it is over.
    func remaining(at now: Instant) -> Duration? {
        guard let end, now < end else { return nil }
        return end - now
    }

    /// Answers to requests that were under way when it opened lengthen it only where they ask for
    /// more.
    ///
    /// - Parameters:
    ///   - retryAfter: what the registry asked for; nil where it said nothing.
    ///   - jitter: from 0 to 1; spreads many Larders that were refused at once.
    mutating func open(retryAfter: Duration?, at now: Instant, jitter: Double) {
        if let retryAfter {
            let asked = min(max(retryAfter, .seconds(1)), Self.longestAsked)
            end = max(end ?? now, now + asked)
            return
        }
        guard remaining(at: now) == nil else { return }
        let doubled = min(Self.shortest * (1 << min(strikes, 20)), Self.longest)
        strikes += 1
        end = now + doubled * (0.75 + jitter / 2)
    }

    /// The registry served a request: the next pause is a short one again.
    mutating func forgive() {
        strikes = 0
    }
}
