// Whether a body comes fast enough, judged by the time in which its reader waits. No clock.
import NIOCore

/// Waiting time and bytes are summed up to ``window``, then anew. What comes while nobody waits
/// counts as bytes, not as time, so that a slow reader never makes a slow upstream (R16, R55).
struct TransferRate {
    /// Nil for no limit.
    private let neededBytes: Int64?
    let window: TimeAmount
    private var waited = TimeAmount.zero
    private var bytes: Int64 = 0

    init(_ minimum: MinimumRate) {
        let window = TimeAmount(minimum.window)
        self.window = window
        let needed = Double(minimum.bytesPerSecond) * Double(window.nanoseconds) / 1e9
        neededBytes = minimum.bytesPerSecond > 0 ? Int64(needed) : nil
    }

    /// When a wait that began at `start` has lasted too long, as far as is known.
    func limit(waitingSince start: NIODeadline) -> NIODeadline? {
        guard let neededBytes, bytes < neededBytes else { return nil }
        return start + (window - waited)
    }

    /// - Parameter start: when the wait for them began; nil where nobody waited.
    mutating func received(_ count: Int, waitingSince start: NIODeadline?, now: NIODeadline) {
        bytes += Int64(count)
        if let start { waited = waited + (now - start) }
        if waited >= window { (waited, bytes) = (.zero, 0) }
    }
}
