/// Counts requests as they end.

import HTTPTypes
import Measurement
import NIOCore
import Synchronization

/// One lock, one look-up by the upstream's name and one by the status for each request; the
/// rest is at fixed places.
final class RequestMetrics: Sendable {
    struct Tally: Sendable {
        var gets = 0
        var heads = 0
        /// Body bytes handed to clients' sockets.
        var bytes: Int64 = 0
    }

    /// Arrays hold an item for each of `RequestShape.all`.
    struct Counts: Sendable {
        var byUpstream: [String: [Tally]] = [:]
        var byStatus: [Int: Int] = [:]
        var firstByte = Self.histograms
        var whole = Self.histograms

        private static let shapes = RequestShape.all.count
        private static let noRequests = Array(repeating: Tally(), count: shapes)
        /// Seconds: from a hit on the loopback to a layer over a slow line.
        private static let histograms = Array(
            repeating: Histogram(
                bounds: [
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
                    10, 30, 60, 300,
                ]), count: shapes)

        mutating func add(_ labels: RequestLabels, bytes: Int64) {
            let index = labels.shape.index
            byUpstream[labels.upstream, default: Self.noRequests][index].add(
                bytes, isHead: labels.isHead)
        }
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    /// - Parameters:
    ///   - headAt: when the response head was handed on.
    ///   - endAt: when its body was.
    func record(
        _ entry: AccessEntry, _ answer: AnswerSummary, bytes: Int64,
        headAt: NIODeadline, endAt: NIODeadline
    ) {
        let labels = RequestLabels(entry, answer.outcome)
        let (firstByte, whole) = (headAt - entry.beganAt, endAt - entry.beganAt)
        state.withLock { counts in
            counts.byStatus[answer.status, default: 0] += 1
            guard let labels else { return }
            counts.add(labels, bytes: bytes)
            counts.firstByte[labels.shape.index].observe(nanoseconds: firstByte.nanoseconds)
            counts.whole[labels.shape.index].observe(nanoseconds: whole.nanoseconds)
        }
    }
}

extension RequestMetrics.Tally {
    fileprivate mutating func add(_ bytes: Int64, isHead: Bool) {
        gets += isHead ? 0 : 1
        heads += isHead ? 1 : 0
        self.bytes += bytes
    }
}
