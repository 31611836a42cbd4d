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
        ifNoneMatch = fields[values: .ifNoneMatch].flatMap { value in
            value.split(separator: ",").map { String($0.drop { $0 == " " }.trimmingTail()) }
        }
        range = fields[.range].flatMap(RangeHeader.init)
        ifRange = fields[.ifRange]
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
        return Answer(.notModified, fields, length: nil, outcome: outcome)
    }

    /// For HEAD: the fields of the GET (R12).
    func head(size: Int64?) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        var fields = fields
        fields[.acceptRanges] = "bytes"
        return Answer(.ok, fields, length: size, outcome: outcome)
    }

    func manifest(_ bytes: [UInt8]) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        return Answer(
            .ok, fields, body: .bytes(bytes), length: Int64(bytes.count), outcome: outcome)
    }

    /// - Parameter reader: kept as long as the body is being sent.
    func blob(_ content: GrowingFile, reader: FetchReader?) -> Answer {
        if conditions.isUnmodified(digest) { return notModified() }
        guard let length = content.length else {
            return whole(content, length: nil, reader)
        }
        switch conditions.resolution(size: length, digest: digest) {
        case .whole: return whole(content, length: length, reader)
        case .parts(let parts) where parts.count == 1:
            return part(content, parts[0], length: length, reader)
        case .parts(let parts): return multipart(content, parts, length: length, reader)
        case .unsatisfiable: return unsatisfiable(length)
        }
    }

    private func whole(_ content: GrowingFile, length: Int64?, _ reader: FetchReader?) -> Answer {
        let part = Answer.FileBody.Part(span: FileSpan(start: 0, end: length))
        let file = Answer.FileBody(
            digest: digest, content: content, reader: reader, parts: [part])
        return answer(.ok, file, length: length)
    }

    private func part(
        _ content: GrowingFile, _ range: Range<Int64>, length: Int64, _ reader: FetchReader?
    ) -> Answer {
        let file = Answer.FileBody(
            digest: digest, content: content, reader: reader,
            parts: [Answer.FileBody.Part(span: FileSpan(range))])
        var answer = answer(.partialContent, file, length: Int64(range.count))
        answer.fields[.contentRange] = "\(ContentRange(range: range, total: length))"
        return answer
    }

    /// RFC 9110 §14.6. The boundary may be fixed: parts have exact lengths that the client
    /// knows from their Content-Range.
    private func multipart(
        _ content: GrowingFile, _ ranges: [Range<Int64>], length: Int64, _ reader: FetchReader?
    ) -> Answer {
        let boundary = "larder-\(digest.hex.prefix(32))"
        let parts = ranges.enumerated().map { index, range in
            Answer.FileBody.Part(
                preamble: """
                    \(index == 0 ? "" : "\r\n")--\(boundary)\r\nContent-Type: \(mediaType)\r\n\
                    Content-Range: \(ContentRange(range: range, total: length))\r\n\r\n
                    """,
                span: FileSpan(range))
        }
        let file = Answer.FileBody(
            digest: digest, content: content, reader: reader, parts: parts,
            trailer: "\r\n--\(boundary)--\r\n")
        let bytes = ranges.reduce(0) { $0 + $1.count }
        let framing = parts.reduce(file.trailer.utf8.count) { $0 + $1.preamble.utf8.count }
        var answer = answer(.partialContent, file, length: Int64(bytes + framing))
        answer.fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        return answer
    }

    private func answer(
        _ status: HTTPResponse.Status, _ file: Answer.FileBody, length: Int64?
    ) -> Answer {
        var fields = fields
        fields[.acceptRanges] = "bytes"
        return Answer(status, fields, body: .file(file), length: length, outcome: outcome)
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
