// Slows the bodies of one upstream down to `max_bandwidth`, each of them alike.
import Synchronization

/// Bodies take small quanta in turn, so two downloads have half of it each whatever the sizes of
/// their chunks. Who waits does not read, so the registry is made to wait too.
final class BandwidthLimit: Sendable {
    private let gate: RateGate
    private let waited = Mutex(Duration.zero)
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Bytes handed over at once.
    let quantum: Int

    /// - Parameter rate: bytes a second, above zero.
    init(rate: Int64, clock: RateGate.Clock = RateGate.Clock()) {
        let quantum = min(max(Int(rate / 16), 16 * 1024), 256 * 1024)
        self.quantum = quantum
        now = clock.now
        gate = RateGate(
            rate: Double(rate), burst: max(Double(quantum), Double(rate) / 8), clock: clock)
    }

    /// How long bodies were made to wait, all together.
    var throttled: Duration { waited.withLock { $0 } }

    func take(_ bytes: Int) async throws {
        guard !gate.takeIfFree(Double(bytes)) else { return }
        let beganAt = now()
        defer {
            let duration = now() - beganAt
            waited.withLock { $0 += duration }
        }
        try await gate.take(Double(bytes))
    }

    /// Counts the bytes of a document, which is not made to wait.
    func charge(_ bytes: Int) {
        gate.charge(Double(bytes))
    }
}
