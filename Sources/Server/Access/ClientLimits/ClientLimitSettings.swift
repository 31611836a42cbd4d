/// What is configured of how much one client may ask for.

import Upstream

/// `limits:`, of each address and of each user.
struct ClientLimitSettings: Sendable, Equatable {
    /// 0 for any number.
    var requestsPerSecond = 0
    /// Requests at once after a rest; 0 for those of ten seconds.
    var burst = 0
    /// Bodies of blobs at once; 0 for any number.
    var downloads = 0
    /// Bytes a second of all bodies of blobs together; 0 for any number.
    var bandwidth = ByteCount(0)
    /// Addresses that no limit is for.
    var exempt: [IPNetwork] = []

    var isOff: Bool { requestsPerSecond == 0 && downloads == 0 && bandwidth.bytes == 0 }
}
