/// A blob's bytes from an upstream, gone on with by Range after each break.

import CacheStore
import Logging
import NIOCore
import OCI
import Upstream

/// Retries, resuming and counting of one download, whoever takes its bytes (R17, R56, R57).
struct ResumingDownload: Sendable {
    let target: PullTarget
    let digest: Digest
    /// Breaks in a row after which it is given up.
    let attempts: Int
    let store: Store
    let logger: Logger

    /// Asks for what begins at `position`. A registry that does not know what to do with the range
    /// is asked for the whole, of which what is there already is passed over (R56).
    ///
    /// - Parameter canHandOver: whether a redirect may be left to the client: only as long as
    ///   nothing was sent to it.
    func request(
        from position: Int64, to end: Int64? = nil, total: Int64? = nil,
        avoiding avoided: EndpointURL? = nil, canHandOver: Bool = false
    ) async throws -> BlobResponse {
        guard position > 0 || end != nil else {
            return try await whole(avoiding: avoided, canHandOver: canHandOver)
        }
        do {
            return try await target.registry.client.blob(
                target.key.repository, digest, range: RequestedRange(start: position, end: end),
                total: total, avoiding: avoided, canHandOver: canHandOver)
        } catch let error as UpstreamError where error.isRangeRefusal {
            logger.info(
                "range refused, asking for the whole",
                metadata: ["digest": "\(digest)", "position": "\(position)", "error": "\(error)"])
            return try await whole(avoiding: avoided, canHandOver: canHandOver)
        }
    }

    private func whole(
        avoiding avoided: EndpointURL?, canHandOver: Bool
    ) async throws -> BlobResponse {
        try await target.registry.client.blob(
            target.key.repository, digest, avoiding: avoided, canHandOver: canHandOver)
    }

    /// Hands over the bytes from `start` to `end`, or to the end of the blob, in order.
    ///
    /// - Parameters:
    ///   - length: of the whole blob, nil where it is not known.
    ///   - first: a response to begin with, instead of a request.
    /// - Throws: `UpstreamError` when the tries are used up, and whatever `take` throws.
    func run(
        from start: Int64, to end: Int64? = nil, length: Int64?, first: BlobResponse? = nil,
        _ take: (ByteBuffer) async throws -> Void
    ) async throws {
        var position = start
        var policy = ResumePolicy(limit: attempts, position: start)
        var next = first
        var asked: EndpointURL?
        while true {
            do {
                let response: BlobResponse
                if let first = next {
                    response = first
                } else {
                    response = try await request(
                        from: position, to: end, total: length,
                        avoiding: policy.isStuck ? asked : nil)
                }
                next = nil
                asked = response.endpoint
                return try await pour(response, at: &position, to: end, length: length, take)
            } catch let error as UpstreamError {
                guard !Task.isCancelled else { throw CancellationError() }
                let pause = policy.next(
                    after: position, retryAfter: error.retryAfter, jitter: .random(in: 0...1))
                guard let pause else { throw error }
                logger.info(
                    "fetch broke off, going on",
                    metadata: [
                        "digest": "\(digest)", "position": "\(position)", "error": "\(error)",
                    ])
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Takes a response that begins at `position`, or before it: then what is there already is
    /// passed over, since a digest names one content. What a registry that knows no ranges sends
    /// after `end` is not taken.
    private func pour(
        _ response: BlobResponse, at position: inout Int64, to end: Int64?, length: Int64?,
        _ take: (ByteBuffer) async throws -> Void
    ) async throws {
        var surplus = try surplus(of: response, at: position)
        for try await var chunk in response.body {
            try Task.checkCancellation()
            store.recordFetched(Int64(chunk.readableBytes), for: target.key)
            let skipped = min(surplus, Int64(chunk.readableBytes))
            chunk.moveReaderIndex(forwardBy: Int(skipped))
            surplus -= skipped
            let wanted = min((end ?? .max) - position, Int64(chunk.readableBytes))
            guard wanted > 0, let part = chunk.readSlice(length: Int(wanted)) else { continue }
            try await take(part)
            position += wanted
            if position == end { return }
        }
        if let bound = end ?? length, position < bound {
            throw UpstreamError(
                upstream: target.registry.name, kind: .truncated,
                message: "the body ended at \(position) of \(bound) bytes")
        }
    }

    private func surplus(of response: BlobResponse, at position: Int64) throws -> Int64 {
        switch response.kind {
        case .whole: return position
        case .partial(let range):
            guard range.range.lowerBound <= position else {
                throw UpstreamError(
                    upstream: target.registry.name, kind: .malformed,
                    message: "the range begins past the bytes that are there")
            }
            return position - range.range.lowerBound
        }
    }
}

extension UpstreamError {
    /// Whether it is about the range rather than the blob.
    fileprivate var isRangeRefusal: Bool {
        switch kind {
        case .malformed, .status(400), .status(416): true
        default: false
        }
    }
}
