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

    private let recent = Mutex<[Download: ContinuousClock.Instant]>([:])

    /// Records a whole download; answers whether the same client had one within 10 minutes.
    func isRepeated(_ digest: Digest, by client: String, now: ContinuousClock.Instant = .now)
        -> Bool
    {
        let download = Download(client: client, digest: digest)
        return recent.withLock { recent in
            let last = recent.updateValue(now, forKey: download)
            if recent.count > Self.limit {
                recent = recent.filter { now - $0.value < Self.window }
                if recent.count > Self.limit { recent = [:] }
            }
            return last.map { now - $0 < Self.window } ?? false
        }
    }
}
