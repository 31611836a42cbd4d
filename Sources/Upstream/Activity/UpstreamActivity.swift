// What an upstream was asked and how it answered, for statistics.
import Glibc
import Measurement
import NIOHTTP1
import Synchronization

/// Recorded by the client as it works, read at any time; a lock for some arithmetic, no I/O.
package final class UpstreamActivity: Sendable {
    private let state = Mutex(Snapshot())
    private let received = Atomic<Int>(0)
    private let tokens: @Sendable () -> Int
    private let identities: @Sendable () -> [IdentitySnapshot]
    private let limits: @Sendable () -> RequestLimiter.Snapshot
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - tokens: the number of tokens held.
    ///   - identities: how each of the upstream's identities fares.
    ///   - limits: what waits because of Larder's own limits.
    ///   - now: Unix seconds.
    init(
        tokens: @escaping @Sendable () -> Int = { 0 },
        identities: @escaping @Sendable () -> [IdentitySnapshot] = { [] },
        limits: @escaping @Sendable () -> RequestLimiter.Snapshot = { .init() },
        now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) {
        self.tokens = tokens
        self.identities = identities
        self.limits = limits
        self.now = now
    }

    package var snapshot: Snapshot {
        var snapshot = state.withLock { $0 }
        snapshot.tokens = tokens()
        snapshot.identities = identities()
        snapshot.limits = limits()
        snapshot.receivedBytes = received.load(ordering: .relaxed)
        return snapshot
    }

    // MARK: Single HTTP requests

    /// A response head: of the registry, of a redirect's target, or of a token server.
    func answered(status: Int, after duration: Duration) {
        state.withLock { state in
            state.requestsByOutcome[UpstreamOutcome(status: status), default: 0] += 1
            state.secondsToHead.observe(duration)
        }
    }

    /// No response head. Cancellation is nobody's failure and not counted.
    func notAnswered(_ error: any Error) {
        guard let error = error as? UpstreamError else { return }
        state.withLock { $0.requestsByOutcome[UpstreamOutcome(error), default: 0] += 1 }
    }

    /// Headers of the registry itself.
    func saw(_ headers: HTTPHeaders) {
        guard let rateLimit = RateLimit(headers, seenAt: now()) else { return }
        state.withLock { $0.rateLimit = rateLimit }
    }

    /// Bytes of content.
    func receivedBody(_ bytes: Int) {
        received.add(bytes, ordering: .relaxed)
    }

    /// A redirect that was left to a client.
    func handedOver() {
        state.withLock { $0.handedOver += 1 }
    }

    // MARK: What the client wanted

    /// Takes the outcome of `body`, sign-in and redirects included, for how the upstream does.
    func judging<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            let answer = try await body()
            judge(nil)
            return answer
        } catch let error as UpstreamError {
            if !error.isOwnDecision { judge(error.kind) }
            throw error
        }
    }

    /// - Parameter kind: what it came to; nil for success.
    func judge(_ kind: UpstreamError.Kind?) {
        let failure = kind.flatMap { $0.isAnswer ? nil : $0.shortDescription }
        state.withLock { $0.judge(failure, at: now()) }
    }
}

extension UpstreamActivity {
    /// How the upstream did, and counts since the client was made. Times are Unix seconds.
    package struct Snapshot: Sendable {
        package enum State: String, Sendable {
            /// Nothing was asked yet.
            case unknown
            /// The last request was answered, if only with a refusal such as 404.
            case up
            /// The last request was answered 429, 5xx or unusably, or not at all.
            case failing
        }

        package private(set) var state = State.unknown
        /// When the state became what it is; nil while unknown.
        package private(set) var since: Int64?
        package private(set) var lastSuccess: Int64?
        package private(set) var lastFailure: Int64?
        /// Out of a small fixed set, such as `timed_out_connect`, `status_503`, `rate_limited`.
        package private(set) var lastFailureWord: String?
        /// What it told last, whoever was asked as; nil where the upstream does not tell.
        package internal(set) var rateLimit: RateLimit?
        /// In the order of the configuration; never empty for a client's.
        package internal(set) var identities: [IdentitySnapshot] = []
        package internal(set) var limits = RequestLimiter.Snapshot()
        /// Held at the moment.
        package internal(set) var tokens = 0
        /// HTTP requests, token requests and redirects included.
        package internal(set) var requestsByOutcome: [UpstreamOutcome: Int] = [:]
        /// Redirects that were left to clients.
        package internal(set) var handedOver = 0
        /// Of every HTTP request that was answered, until its response head.
        package internal(set) var secondsToHead = Histogram(
            bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
        /// Bytes of bodies that were content.
        package internal(set) var receivedBytes = 0

        /// - Parameter failure: the word for it; nil for success.
        mutating func judge(_ failure: String?, at now: Int64) {
            let next = failure == nil ? State.up : .failing
            if next != state { (state, since) = (next, now) }
            if let failure {
                (lastFailure, lastFailureWord) = (now, failure)
            } else {
                lastSuccess = now
            }
        }
    }
}
