/// Counts requests as they end, by labels of which there are few.

import HTTPTypes
import Measurement
import OCI
import Synchronization

/// One lock and a few dictionary look-ups for each request.
final class RequestMetrics: Sendable {
    enum Kind: String, Sendable {
        case manifest, blob, listing

        init?(_ endpoint: RegistryRoute.Endpoint?) {
            switch endpoint {
            case .manifest: self = .manifest
            case .blob: self = .blob
            case .tags, .referrers: self = .listing
            case .base, .catalog, .uploads, nil: return nil
            }
        }
    }

    /// The upstream is one of the configuration's, never what a client wrote.
    struct Labels: Hashable, Sendable {
        let upstream: String
        let isHead: Bool
        let shape: Shape
    }

    struct Shape: Hashable, Sendable {
        let kind: Kind
        /// A ``CacheOutcome/word``, or `error` for answers without one.
        let result: String
    }

    struct Counts: Sendable {
        var requests: [Labels: Int] = [:]
        /// Body bytes handed to clients' sockets.
        var bytes: [Labels: Int64] = [:]
        /// By status.
        var responses: [Int: Int] = [:]
        var firstByte: [Shape: Histogram] = [:]
        var whole: [Shape: Histogram] = [:]
    }

    /// An answered request of the registry API.
    struct Ended {
        /// Nil for what is no request to a repository.
        let labels: Labels?
        let status: Int
        let bytes: Int64
        let firstByte: Duration
        let whole: Duration
    }

    /// Seconds: from a hit on the loopback to a layer over a slow line.
    private static let durations = Histogram(
        bounds: [
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
            60, 300,
        ])

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func record(_ request: Ended) {
        state.withLock { counts in
            counts.responses[request.status, default: 0] += 1
            guard let labels = request.labels else { return }
            counts.requests[labels, default: 0] += 1
            counts.bytes[labels, default: 0] += request.bytes
            counts.firstByte[labels.shape, default: Self.durations].observe(request.firstByte)
            counts.whole[labels.shape, default: Self.durations].observe(request.whole)
        }
    }
}

extension RequestMetrics {
    /// - Parameter headAt: when the response head was handed on.
    func record(
        _ entry: AccessEntry, _ answer: Answer, bytes: Int64,
        headAt: ContinuousClock.Instant
    ) {
        record(
            Ended(
                labels: Labels(entry, answer.outcome), status: answer.status.code, bytes: bytes,
                firstByte: headAt - entry.beganAt, whole: ContinuousClock.now - entry.beganAt))
    }
}

extension RequestMetrics.Labels {
    init?(_ entry: AccessEntry, _ outcome: CacheOutcome?) {
        guard let upstream = entry.upstream, let kind = RequestMetrics.Kind(entry.endpoint) else {
            return nil
        }
        self.init(
            upstream: upstream, isHead: entry.method == .head,
            shape: .init(kind: kind, result: outcome?.word ?? "error"))
    }

    var method: String { isHead ? "HEAD" : "GET" }
}
