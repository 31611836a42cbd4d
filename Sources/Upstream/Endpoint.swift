// One address of an upstream, and what its answers have told of it.
import Glibc
import Logging
import Synchronization

/// Where an upstream's `/v2/` is, as configured.
package struct EndpointSettings: Sendable, Hashable {
    /// Such as `https://registry-1.docker.io`, maybe below a path.
    package var url: EndpointURL
    /// Whether its word is taken for what names a content: tags, lists of tags and of referrers.
    /// What is asked for by digest is verified, whoever gives it.
    package var resolves: Bool

    package init(url: EndpointURL, resolves: Bool = true) {
        self.url = url
        self.resolves = resolves
    }
}

final class Endpoint: Sendable {
    private struct State {
        var challenge: Challenge?
        var circuit: CircuitBreaker
        var isUp: Bool?
        var since: Int64?
        var lastFailure: UpstreamError?

        mutating func set(isUp: Bool) {
            if isUp != self.isUp { (self.isUp, since) = (isUp, Int64(time(nil))) }
        }
    }

    let url: EndpointURL
    let resolves: Bool
    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger

    init(
        _ settings: EndpointSettings, breaker: BreakerSettings, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        url = settings.url
        resolves = settings.resolves
        state = Mutex(State(circuit: CircuitBreaker(breaker)))
        self.logger = logger
        self.now = now
    }

    /// How it wants to be signed in to, as far as its answers told.
    var challenge: Challenge? { state.withLock { $0.challenge } }

    func learn(_ challenge: Challenge) {
        state.withLock { $0.challenge = challenge }
    }

    // MARK: The circuit

    /// Whether it may be asked now; to be followed by ``release(_:)``.
    func admit() -> CircuitBreaker.Admission {
        state.withLock { $0.circuit.admit(now: now()) }
    }

    /// The request that was admitted is over, with an outcome or without.
    func release(_ admission: CircuitBreaker.Admission) {
        guard admission == .probe else { return }
        state.withLock { $0.circuit.abandonProbe(now: now()) }
    }

    /// It answered, if only with a refusal.
    func succeeded() {
        let (change, failure) = state.withLock { state in
            state.set(isUp: true)
            return (state.circuit.succeed(now: now()), state.lastFailure)
        }
        guard case .closed(let span) = change else { return }
        logger.notice(
            "endpoint answers again",
            metadata: [
                "endpoint": "\(url)", "failed_for_seconds": "\(span.components.seconds)",
                "failure": "\(failure?.shortDescription ?? "")",
            ])
    }

    /// It did not answer, or with 5xx, or the token that it wants was not to be had.
    func failed(_ error: UpstreamError) {
        let change = state.withLock { state in
            state.set(isUp: false)
            state.lastFailure = error
            return state.circuit.fail(now: now(), jitter: .random(in: 0...1))
        }
        guard case .opened(let span, let failures, let failingFor) = change else { return }
        logger.notice(
            "endpoint is not asked for a while",
            metadata: [
                "endpoint": "\(url)", "failures": "\(failures)", "failure": "\(error.message)",
                "failing_for_seconds": "\(failingFor.components.seconds)",
                "seconds": "\(span.components.seconds)",
            ])
    }

    var snapshot: EndpointSnapshot {
        state.withLock { state in
            let wait: Duration? =
                if case .open(let until) = state.circuit.phase { max(until - now(), .zero) } else {
                    nil
                }
            return EndpointSnapshot(
                url: url, resolves: resolves, isUp: state.isUp, since: state.since,
                lastFailureWord: state.lastFailure?.shortDescription,
                isSuspended: state.circuit.phase != .closed, suspendedFor: wait)
        }
    }

    /// Why it was not to be had last.
    var lastFailure: UpstreamError? { state.withLock { $0.lastFailure } }
}

/// How an endpoint does. Times are Unix seconds.
package struct EndpointSnapshot: Sendable {
    package var url: EndpointURL
    package var resolves: Bool
    /// Whether it answered last time; nil where it was not asked yet.
    package var isUp: Bool?
    package var since: Int64?
    /// Out of a small fixed set, such as `timed_out_connect`; nil where it never failed.
    package var lastFailureWord: String?
    /// Whether its circuit is open or half-open.
    package var isSuspended: Bool
    /// How long it is not asked from now on; nil unless its circuit is open.
    package var suspendedFor: Duration?
}
