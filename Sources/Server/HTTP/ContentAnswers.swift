/// Answers whose body is content: conditional requests, ranges, multipart.

import CacheStore
import HTTPTypes
import NIOCore
import OCI

/// The conditions of a request on the content it asks for (RFC 9110 §§13, 14).
struct ContentConditions: Sendable {
    let ifNoneMatch: [String]
    let range: RangeHeader?
    let ifRange: String?

    init(_ fields: HTTPFields) {
        self.init(
            ifNoneMatch: fields[values: .ifNoneMatch], range: fields[.range],
            ifRange: fields[.ifRange])
    }

    /// From the values of the fields as they came.
    init(ifNoneMatch: [String], range: String?, ifRange: String?) {
        self.ifNoneMatch = ifNoneMatch.flatMap { value in
            value.split(separator: ",").map { String($0.drop { $0 == " " }.trimmingTail()) }
        }
        self.range = range.flatMap(RangeHeader.init)
        self.ifRange = ifRange
    }

    static func etag(_ digest: Digest) -> String { "\"\(digest)\"" }

    func isUnmodified(_ digest: Digest) -> Bool {
        let etag = Self.etag(digest)
        return ifNoneMatch.contains { $0 == "*" || $0 == etag || $0 == "W/" + etag }
    }

    /// The ranges to answer with: none where `If-Range` names other content.
    func resolution(size: Int64, digest: Digest) -> RangeResolution {
        guard let range, ifRange.map({ $0 == Self.etag(digest) }) ?? true else { return .whole }
        return range.resolve(size: size)
    }
}

extension Substring {
    fileprivate func trimmingTail() -> Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Builds the answers for content of a known digest.
struct ContentAnswers: Sendable {
    let digest: Digest
    let mediaType: String
    let conditions: ContentConditions
    let outcome: CacheOutcome
    /// Where a tag was asked for.
    var freshness: TagFreshness?

    private var fields: HTTPFields {
        [
            .dockerContentDigest: "\(digest)",
            .eTag: ContentConditions.etag(digest),
            .contentType: mediaType,
        ]
    }

    func notModified() -> Answer {
        var fields = fields
        fields[.contentType] = nil
        return answer(.notModified, fields, length: nil)
    }

    /// For HEAD: the fields of the GET (R12).
    func head(size: Int64?) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        var fields = fields
        fields[.acceptRanges] = "bytes"
        return answer(.ok, fields, length: size)
    }

    func manifest(_ bytes: [UInt8]) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        return answer(.ok, fields, .bytes(bytes), length: Int64(bytes.count))
    }

    func blob(_ source: BlobSource) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        guard let length = source.length else { return whole(source, length: nil) }
        switch conditions.resolution(size: length, digest: digest) {
        case .whole: return whole(source, length: length)
        case .parts(let parts) where parts.count == 1:
            return part(source, parts[0], length: length)
        case .parts(let parts): return multipart(source, parts, length: length)
        case .unsatisfiable: return unsatisfiable(length)
        }
    }

    private func whole(_ source: BlobSource, length: Int64?) -> Answer {
        let part = Answer.BlobBody.Part(span: FileSpan(start: 0, end: length))
        return answer(.ok, Answer.BlobBody(source: source, parts: [part]), length: length)
    }

    private func part(_ source: BlobSource, _ range: Range<Int64>, length: Int64) -> Answer {
        let part = Answer.BlobBody.Part(span: FileSpan(range))
        var answer = answer(
            .partialContent, Answer.BlobBody(source: source, parts: [part]),
            length: Int64(range.count))
        answer.fields[.contentRange] = "\(ContentRange(range: range, total: length))"
        return answer
    }

    /// RFC 9110 §14.6. The boundary may be fixed: parts have exact lengths that the client
    /// knows from their Content-Range.
    private func multipart(
        _ source: BlobSource, _ ranges: [Range<Int64>], length: Int64
    ) -> Answer {
        let boundary = "larder-\(digest.hex.prefix(32))"
        let parts = ranges.enumerated().map { index, range in
            Answer.BlobBody.Part(
                preamble: """
                    \(index == 0 ? "" : "\r\n")--\(boundary)\r\nContent-Type: \(mediaType)\r\n\
                    Content-Range: \(ContentRange(range: range, total: length))\r\n\r\n
                    """,
                span: FileSpan(range))
        }
        let blob = Answer.BlobBody(
            source: source, parts: parts, trailer: "\r\n--\(boundary)--\r\n")
        let bytes = ranges.reduce(0) { $0 + $1.count }
        let framing = parts.reduce(blob.trailer.utf8.count) { $0 + $1.preamble.utf8.count }
        var answer = answer(.partialContent, blob, length: Int64(bytes + framing))
        answer.fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        return answer
    }

    private func answer(
        _ status: HTTPResponse.Status, _ blob: Answer.BlobBody, length: Int64?
    ) -> Answer {
        var fields = fields
        fields[.acceptRanges] = "bytes"
        return answer(status, fields, .blob(blob), length: length)
    }

    private func answer(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: Answer.Body = .none,
        length: Int64?
    ) -> Answer {
        var answer = Answer(status, fields, body: body, length: length, outcome: outcome)
        answer.digest = digest
        answer.freshness = freshness
        return answer
    }

    private func unsatisfiable(_ length: Int64) -> Answer {
        let error = RegistryError(
            .rangeInvalid, "the range begins behind the end of \(digest)")
        var answer = Answer(error, outcome: outcome)
        answer.fields[.contentRange] = ContentRange.unsatisfied(total: length)
        return answer
    }
}

extension FileSpan {
    init(_ range: Range<Int64>) {
        self.init(start: range.lowerBound, end: range.upperBound)
    }
}
