// A rate with a little room for bursts: so much a second on average. No clock.

package struct TokenBucket: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// Units a second.
    package let rate: Double
    /// What can be taken at once after a rest.
    package let burst: Double
    /// Below zero after a take of more than ``burst``, or a charge.
    private var level: Double
    private var filledAt: Instant

    /// - Precondition: `rate` and `burst` are above zero.
    package init(rate: Double, burst: Double, now: Instant) {
        precondition(rate > 0 && burst > 0, "a bucket is filled and holds something")
        self.rate = rate
        self.burst = burst
        level = burst
        filledAt = now
    }

    /// Takes `units` if they are there; more than ``burst`` are had from a full bucket.
    package mutating func take(_ units: Double, at now: Instant) -> Bool {
        fill(until: now)
        guard level >= min(units, burst) else { return false }
        level -= units
        return true
    }

    /// Takes `units` that are gone already, whether they were there or not.
    package mutating func charge(_ units: Double, at now: Instant) {
        fill(until: now)
        level -= units
    }

    /// How long until `units` can be taken.
    package mutating func delay(until units: Double, at now: Instant) -> Duration {
        fill(until: now)
        let missing = min(units, burst) - level
        // A microsecond more, so that rounding never leaves the bucket a hair too empty.
        return missing <= 0 ? .zero : .seconds(missing / rate) + .microseconds(1)
    }

    private mutating func fill(until now: Instant) {
        guard now > filledAt else { return }
        level = min(burst, level + (now - filledAt) / .seconds(1) * rate)
        filledAt = now
    }
}
