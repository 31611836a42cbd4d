/// Spreads one body over the time that its client's bandwidth asks for.

import Synchronization

/// Both ways of sending ask it before they hand bytes to the socket. It holds the client's
/// admission, so a download counts as one for as long as its body may be sent.
final class BodyPace: Sendable {
    /// The most that is to be asked for at once: others' bytes come between.
    static let quantum: Int64 = 256 * 1024

    private let admission: ClientAdmission
    /// What was counted last.
    private let counted = Mutex<Range<Int64>>(0..<0)

    init(_ admission: ClientAdmission) {
        self.admission = admission
    }

    /// How long to wait before a part of a file is sent; nil for not at all. Asked again for the
    /// same part, it has been waited for.
    func delay(before window: Range<Int64>) -> Duration? {
        let uncounted = counted.withLock { counted in
            defer { counted = window }
            guard counted.contains(window.lowerBound) else { return Int64(window.count) }
            return max(0, window.upperBound - counted.upperBound)
        }
        guard uncounted > 0 else { return nil }
        let delay = admission.charge(uncounted)
        return delay > .zero ? delay : nil
    }

    /// Waits until bytes of a stream may be sent.
    func wait(for bytes: Int) async throws {
        let delay = admission.charge(Int64(bytes))
        if delay > .zero { try await Task.sleep(for: delay) }
    }
}
