/// How fetches of blobs ended, counted.

import CacheStore
import Synchronization

/// The raw value is a metric's label.
enum FillResult: String, Sendable, CaseIterable {
    /// In the store.
    case verified
    /// Other content than the digest's (R1).
    case mismatch
    /// The upstream broke off more often than is retried.
    case interrupted
    /// Stopped: no reader was left, or Larder ends.
    case abandoned
    /// The disk refused it.
    case storage
    /// Budget or disk took no more; the readers went on without it.
    case overflowed

    init(_ failure: FillFailure) {
        switch failure {
        case .digestMismatch, .lengthMismatch: self = .mismatch
        case .interrupted: self = .interrupted
        case .abandoned: self = .abandoned
        case .storage: self = .storage
        }
    }
}

final class FillCounter: Sendable {
    private let state = Mutex<[FillResult: Int]>([:])

    var counts: [FillResult: Int] { state.withLock { $0 } }

    func count(_ result: FillResult) {
        state.withLock { $0[result, default: 0] += 1 }
    }
}
