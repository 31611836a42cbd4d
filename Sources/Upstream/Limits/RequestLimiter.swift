// Larder's own limits on what one upstream is asked: who waits, who is refused.
import Synchronization

/// Requests wait in the order they came: downloads for a slot, then every request for the rate.
/// What needs no slot does not wait behind downloads.
package final class RequestLimiter: Sendable {
    /// The queue is full.
    struct Overload: Error {
        var retryAfterSeconds: Int
    }

    package struct Snapshot: Sendable, Equatable {
        /// Downloads under way.
        package var fetches = 0
        /// Requests that wait for their turn.
        package var queued = 0
        /// Refused since the client was made, because the queue was full.
        package var refused = 0
        /// How long bodies waited for `max_bandwidth`, all together.
        package var throttled = Duration.zero
    }

    private struct Queue {
        var waiting = 0
        var refused = 0
    }

    private let limits: UpstreamLimits
    private let slots: FetchSlots
    private let rate: RateGate?
    let bandwidth: BandwidthLimit?
    private let queue = Mutex(Queue())

    init(_ limits: UpstreamLimits, clock: RateGate.Clock = RateGate.Clock()) {
        self.limits = limits
        slots = FetchSlots(limit: limits.maxFetches)
        let perSecond = Double(limits.maxRequestsPerSecond)
        rate = perSecond > 0 ? RateGate(rate: perSecond, burst: perSecond, clock: clock) : nil
        bandwidth =
            limits.maxBandwidth > 0
            ? BandwidthLimit(rate: limits.maxBandwidth, clock: clock) : nil
    }

    var snapshot: Snapshot {
        let queue = queue.withLock { $0 }
        return Snapshot(
            fetches: slots.running, queued: queue.waiting, refused: queue.refused,
            throttled: bandwidth?.throttled ?? .zero)
    }

    /// Waits until a request may be sent.
    ///
    /// - Parameter isDownload: whether it needs a slot, for as long as the admission lasts.
    /// - Throws: ``Overload`` at once where too many wait already; `CancellationError`.
    func admit(isDownload: Bool) async throws -> Admission {
        if isDownload, !slots.takeIfFree() {
            try await queued { try await slots.take() }
        }
        let admission = Admission(slots: isDownload ? slots : nil)
        if let rate, !rate.takeIfFree(1) {
            try await queued { try await rate.take(1) }
        }
        return admission
    }

    private func queued(_ wait: () async throws -> Void) async throws {
        let isFull = queue.withLock { queue in
            guard queue.waiting < limits.maxQueued else {
                queue.refused += 1
                return true
            }
            queue.waiting += 1
            return false
        }
        guard !isFull else { throw Overload(retryAfterSeconds: retryAfterSeconds) }
        defer { queue.withLock { $0.waiting -= 1 } }
        try await wait()
    }

    /// About when the queue has moved on; a few seconds where only slots are short.
    private var retryAfterSeconds: Int {
        guard limits.maxRequestsPerSecond > 0 else { return 5 }
        return min(max(limits.maxQueued / limits.maxRequestsPerSecond, 1), 60)
    }
}
