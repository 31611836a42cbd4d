// Whether an endpoint is asked at all after it failed again and again. No I/O, no clock.

/// When a circuit opens, and for how long.
package struct BreakerSettings: Sendable, Equatable {
    /// Failures in a row that open it; 0 for never.
    package var failures: Int
    /// How long it is open at first; each probe that fails doubles it, up to three times as long.
    package var openFor: Duration

    package init(failures: Int = 5, openFor: Duration = .seconds(5)) {
        self.failures = failures
        self.openFor = openFor
    }
}

/// *Closed*: everything is asked. *Open*: nothing is, until a moment. *Half-open*: one request, the
/// probe, is asked, and its outcome closes or opens the circuit.
struct CircuitBreaker {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Equatable {
        case closed
        case open(until: Instant)
        case halfOpen
    }

    enum Admission: Equatable {
        case asked
        /// The one request of a half-open circuit: to be followed by an outcome or by
        /// ``CircuitBreaker/abandonProbe(now:)``.
        case probe
        /// Not asked; there may be more to say after this.
        case refused(Duration)
    }

    /// What is worth a line in the log.
    enum Change: Equatable {
        case opened(for: Duration, failures: Int, failingFor: Duration)
        case closed(failingFor: Duration)
    }

    private(set) var phase = Phase.closed
    /// In a row, up to now.
    private(set) var failures = 0
    private var failingSince: Instant?
    /// Probes that failed since the circuit was closed.
    private var failedProbes = 0
    private let settings: BreakerSettings

    init(_ settings: BreakerSettings) {
        self.settings = settings
    }

    mutating func admit(now: Instant) -> Admission {
        switch phase {
        case .closed: return .asked
        case .open(let until) where now < until: return .refused(until - now)
        case .open:
            phase = .halfOpen
            return .probe
        case .halfOpen: return .refused(Self.probeWait)
        }
    }

    /// An answer, whenever its request began, shows an endpoint at work.
    mutating func succeed(now: Instant) -> Change? {
        let wasClosed = phase == .closed
        let since = failingSince ?? now
        phase = .closed
        (failures, failedProbes, failingSince) = (0, 0, nil)
        return wasClosed ? nil : .closed(failingFor: now - since)
    }

    /// - Parameter jitter: from 0 to 1, so that many Larders do not probe at once.
    mutating func fail(now: Instant, jitter: Double) -> Change? {
        failures += 1
        failingSince = failingSince ?? now
        switch phase {
        case .closed:
            guard settings.failures > 0, failures >= settings.failures else { return nil }
            let span = open(now: now, jitter: jitter)
            return .opened(
                for: span, failures: failures, failingFor: now - (failingSince ?? now))
        case .open: return nil
        case .halfOpen:
            failedProbes += 1
            open(now: now, jitter: jitter)
            return nil
        }
    }

    /// The probe ended without an outcome: the next request is one.
    mutating func abandonProbe(now: Instant) {
        if phase == .halfOpen { phase = .open(until: now) }
    }

    @discardableResult
    private mutating func open(now: Instant, jitter: Double) -> Duration {
        let factor = min(1 << min(failedProbes, 4), Self.longest)
        let span = settings.openFor * factor * (1 - Self.jitterShare * jitter)
        phase = .open(until: now + span)
        return span
    }

    /// How many times as long as at first a circuit is open at most.
    private static let longest = 3
    private static let jitterShare = 0.25
    /// When a client may ask again while a probe is under way.
    private static let probeWait = Duration.seconds(1)
}
