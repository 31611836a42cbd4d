// A blob on its way: what part it is, and its bytes.
import NIOCore
import OCI

package struct BlobResponse: Sendable {
    package enum Kind: Sendable, Equatable {
        /// The whole blob; the length in bytes where the registry announced it.
        case whole(length: Int64?)
        case partial(ContentRange)
    }

    package var kind: Kind
    package var body: BlobBody
    /// The endpoint that it came by.
    package var endpoint: EndpointURL?
}

/// The bytes of a blob, in chunks as they arrive; to be read once, by one reader. At most about
/// 1 MiB is buffered while nobody reads. Dropping it unread closes the connection.
///
/// Throws `.timedOut(.idle)` where no byte comes while the reader waits, `.timedOut(.rate)` where
/// fewer come than ``MinimumRate`` asks for, `.truncated` where the body ends before its announced
/// length. Only the time in which the reader waits counts: one that takes its time, be it to
/// throttle the transfer, never causes a time-out.
package struct BlobBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    package typealias Failure = any Error

    let source: ResponseBody
    let length: Int64?
    let upstream: String
    let url: EndpointURL
    let activity: UpstreamActivity
    /// Given back at the end, so that another download can begin.
    let admission: Admission?
    let bandwidth: BandwidthLimit?

    package struct AsyncIterator: AsyncIteratorProtocol {
        let body: BlobBody
        private var received: Int64 = 0
        /// What has come and was not handed over yet, as the bandwidth is limited.
        private var rest = ByteBuffer()

        init(body: BlobBody) {
            self.body = body
        }

        package mutating func next() async throws -> ByteBuffer? {
            do {
                guard let chunk = try await part() else {
                    body.admission?.end()
                    try requireWhole()
                    return nil
                }
                received += Int64(chunk.readableBytes)
                body.activity.receivedBody(chunk.readableBytes)
                return chunk
            } catch {
                body.admission?.end()
                throw UpstreamError.inBody(error, upstream: body.upstream, url: body.url)
            }
        }

        /// The next bytes; no more at once than the bandwidth is shared out in.
        private mutating func part() async throws -> ByteBuffer? {
            guard let bandwidth = body.bandwidth else { return try await body.source.next() }
            if rest.readableBytes == 0 {
                guard let chunk = try await body.source.next() else { return nil }
                rest = chunk
            }
            let count = Swift.min(rest.readableBytes, bandwidth.quantum)
            try await bandwidth.take(count)
            return rest.readSlice(length: count)
        }

        private func requireWhole() throws(UpstreamError) {
            guard let length = body.length, received != length else { return }
            throw UpstreamError(
                upstream: body.upstream, kind: .truncated,
                message: "\(body.url.origin) sent \(received) of \(length) bytes")
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }
}
