/// Notices a client that downloads the same blob whole again and again: its copy may be bad.

import OCI
import Synchronization

/// Rot on the medium changes none of a file's times, so it is found by reading: the scrub
/// does that, and so does a client that comes back because the digest did not fit (R5).
final class RepeatedDownloads: Sendable {
    private struct Download: Hashable {
        let client: String
        let digest: Digest
    }

    private static let window = Duration.seconds(600)
    private static let limit = 10_000

    private struct State {
        var downloads: [Download: ContinuousClock.Instant] = [:]
        var reported: [Digest: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())

    /// Records a whole download; answers whether the same client had one within 10 minutes. A
    /// digest is reported once in that time, however many clients share an address.
    func isSuspicious(
        _ digest: Digest, by client: String, now: ContinuousClock.Instant = .now
    ) -> Bool {
        let download = Download(client: client, digest: digest)
        return state.withLock { state in
            if state.downloads.count >= Self.limit { state = State() }
            let isRecent = { (time: ContinuousClock.Instant?) in
                time.map { now - $0 < Self.window } ?? false
            }
            let last = state.downloads.updateValue(now, forKey: download)
            guard isRecent(last), !isRecent(state.reported[digest]) else { return false }
            state.reported[digest] = now
            return true
        }
    }
}
