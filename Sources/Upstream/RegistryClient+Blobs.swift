// Blobs: HEAD, GET and ranges (OCI distribution-spec, "Pulling blobs").
import NIOHTTP1
import OCI
import Synchronization

/// What a registry says about a blob that it has.
package struct BlobHead: Sendable, Equatable {
    /// In bytes; nil where the registry does not tell.
    package var size: Int64?
}

/// A range of bytes to ask for (RFC 9110 §14.1.2).
package struct RequestedRange: Sendable, Hashable {
    package var start: Int64
    /// The first byte that is not wanted; nil for the rest of the blob.
    package var end: Int64?

    /// - Precondition: `start` is not negative, and less than `end`.
    package init(start: Int64, end: Int64? = nil) {
        precondition(start >= 0 && end.map { start < $0 } ?? true, "a range holds bytes")
        self.start = start
        self.end = end
    }

    var headerValue: String { "bytes=\(start)-\(end.map { "\($0 - 1)" } ?? "")" }

    /// Whether an answer is what was asked for; it may end early only with the blob itself.
    func isAnswered(by answer: ContentRange, total: Int64?) -> Bool {
        guard answer.range.lowerBound == start else { return false }
        if let total, let announced = answer.total, total != announced { return false }
        let available = answer.total ?? total
        guard let wanted = end ?? available else { return true }
        return answer.range.upperBound == available.map { min($0, wanted) } ?? wanted
    }
}

extension RegistryClient {
    /// The size of a blob by HEAD, else by GET of its first byte: links that are signed for GET
    /// refuse HEAD, and pull caches answer HEAD 404 for what GET would fetch.
    ///
    /// - Parameter canHandOver: whether a redirect may be left to a client, which asked by HEAD.
    /// - Throws: `.status(404)` where GET does not find it either; ``HandedOver``.
    package func headBlob(
        _ repository: RepositoryName, _ digest: Digest, canHandOver: Bool = false
    ) async throws -> BlobHead {
        let request = blobRequest(.HEAD, repository, digest, canHandOver: canHandOver)
        do {
            let size = try await send(request) { response -> Result<Int64?, HandedOver> in
                if let handedOver = response.handedOver { return .failure(handedOver) }
                let isRefusedElsewhere =
                    !isEndpoint(response.url.origin) && response.status != 429
                    && (400..<500).contains(response.status)
                if !isRefusedElsewhere { try await require(response, [200]) }
                await response.body.discard()
                return .success(response.status == 200 ? announcedSize(response) : nil)
            }.get()
            if let size { return BlobHead(size: size) }
        } catch let error as UpstreamError {
            guard [.status(404), .status(405), .status(501)].contains(error.kind) else {
                throw error
            }
        }
        return try await firstByte(repository, digest, canHandOver: canHandOver)
    }

    /// A blob, or a range of it, unverified.
    ///
    /// - Parameters:
    ///   - range: what to ask for; nil for the whole.
    ///   - total: the blob's size where it is known; a partial answer must agree.
    ///   - avoided: an endpoint that is asked after all others.
    ///   - canHandOver: whether a redirect may be left to a client, which asked by GET.
    /// - Throws: ``HandedOver``; `.malformed` where the Content-Range is not the one asked for or
    ///   the body is encoded (R8, R56); `.status(416)` where the range starts behind the end.
    package func blob(
        _ repository: RepositoryName, _ digest: Digest, range: RequestedRange? = nil,
        total: Int64? = nil, avoiding avoided: EndpointURL? = nil, canHandOver: Bool = false
    ) async throws -> BlobResponse {
        var request = blobRequest(.GET, repository, digest, canHandOver: canHandOver)
        request.avoided = avoided ?? distrusted[digest]
        request.isDownload = true
        if let range { request.headers.add(name: "range", value: range.headerValue) }
        return try await send(request) { response -> Result<BlobResponse, HandedOver> in
            if let handedOver = response.handedOver { return .failure(handedOver) }
            try await require(response, range == nil ? [200] : [200, 206])
            return .success(try blob(response, range: range, total: total))
        }.get()
    }

    private func blob(
        _ response: TransportResponse, range: RequestedRange?, total: Int64?
    ) throws -> BlobResponse {
        try requireIdentity(response)
        guard response.status == 206, let range else {
            let length = contentLength(response)
            return BlobResponse(
                kind: .whole(length: length), body: blobBody(response, length: length),
                endpoint: response.endpoint)
        }
        guard let answer = response.headers.first(name: "content-range").flatMap(ContentRange.init),
            range.isAnswered(by: answer, total: total)
        else {
            throw error(.malformed, "\(response.url.origin) sent a range that was not asked for")
        }
        return BlobResponse(
            kind: .partial(answer), body: blobBody(response, length: Int64(answer.range.count)),
            endpoint: response.endpoint)
    }

    private func blobBody(_ response: TransportResponse, length: Int64?) -> BlobBody {
        BlobBody(
            source: response.body, length: length, upstream: settings.name, url: response.url,
            activity: activity, admission: response.admission, bandwidth: limiter.bandwidth)
    }

    private func firstByte(
        _ repository: RepositoryName, _ digest: Digest, canHandOver: Bool
    ) async throws -> BlobHead {
        var request = blobRequest(.GET, repository, digest, canHandOver: canHandOver)
        request.headers.add(name: "range", value: RequestedRange(start: 0, end: 1).headerValue)
        return try await send(request) { response -> Result<BlobHead, HandedOver> in
            if let handedOver = response.handedOver { return .failure(handedOver) }
            let contentRange = response.headers.first(name: "content-range")
            switch response.status {
            case 200:
                return .success(BlobHead(size: contentLength(response)))
            case 206:
                await response.body.discard()
                return .success(BlobHead(size: contentRange.flatMap { ContentRange($0) }?.total))
            case 416 where contentRange == ContentRange.unsatisfied(total: 0):
                await response.body.discard()
                return .success(BlobHead(size: 0))
            default: throw await failure(response)
            }
        }.get()
    }

    private func blobRequest(
        _ method: HTTPMethod, _ repository: RepositoryName, _ digest: Digest, canHandOver: Bool
    ) -> RegistryRequest {
        var request = RegistryRequest(method, repository, "blobs/\(digest)", isByDigest: true)
        request.canHandOver = canHandOver
        return request
    }
}
