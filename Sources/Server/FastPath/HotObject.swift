/// One answer that the normal path gave as a hit, ready to be given again.

import CacheStore
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import OCI
import Synchronization

/// What an answer from the store rests on.
struct HitBasis: Sendable {
    /// Whether this repository's upstream itself answered 200 for the digest; otherwise a
    /// manifest that was proven here refers to it.
    let isProven: Bool
    /// Nil for a request by digest.
    var tag: VerifiedTag?
}

/// The seconds for which an answer is rendered.
struct Moment: Sendable, Equatable {
    /// Unix seconds, for `Date`.
    let wall: Int64
    /// Seconds of the store's clock, for freshness.
    let store: Int64
}

/// An answer on its way out of the event loop.
final class FastAnswer: Sendable {
    enum Body: Sendable {
        /// Head, and body if any, as they go on the wire.
        case rendered(ByteBuffer, bodyBytes: Int64)
        case none(HTTPResponseHead)
        case file(HTTPResponseHead, GrowingFile, FileSpan)
    }

    let summary: AnswerSummary
    let body: Body

    private init(_ summary: AnswerSummary, _ body: Body) {
        self.summary = summary
        self.body = body
    }
}

final class HotObject: Sendable {
    enum Content: Sendable {
        case manifest([UInt8])
        case blob(HotFile)
    }

    let asked: AskedContent
    let digest: Digest
    let content: Content
    let basis: HitBasis
    private let mediaType: String
    private let namespace: String?
    /// Whether it was asked for since the map was last swept.
    let isUsed = Atomic(true)

    /// The plain answers of the current second.
    private struct Rendered {
        var moment: Moment
        var answer: FastAnswer
    }

    private let rendered = Mutex<(get: Rendered?, head: Rendered?)>((nil, nil))

    init(
        _ asked: AskedContent, namespace: String?, digest: Digest, mediaType: String,
        content: Content, basis: HitBasis
    ) {
        self.asked = asked
        self.namespace = namespace
        self.digest = digest
        self.mediaType = mediaType
        self.content = content
        self.basis = basis
    }

    var size: Int64 {
        switch content {
        case .manifest(let bytes): Int64(bytes.count)
        case .blob(let file): file.size
        }
    }

    /// Bytes held in memory.
    var bytesInMemory: Int {
        if case .manifest(let bytes) = content { bytes.count } else { 0 }
    }

    var isBlob: Bool {
        if case .blob = content { true } else { false }
    }

    func isFresh(at moment: Moment) -> Bool {
        basis.tag.map { $0.freshness(at: moment.store).state == .fresh } ?? true
    }

    /// For one download of a blob; nil for a manifest.
    /// - Throws: `FileChanged` where the file is no longer the one that was verified.
    func lease() throws(FileChanged) -> OpenFiles.Lease? {
        guard case .blob(let file) = content else { return nil }
        guard let lease = file.lease() else { throw FileChanged() }
        return lease
    }

    struct FileChanged: Error {}

    /// Nil for what the normal path has to answer: several ranges, or one that cannot be
    /// satisfied.
    func answer(to request: HotRequest, at moment: Moment) -> FastAnswer? {
        guard request.isUnconditional else {
            let conditions = ContentConditions(
                ifNoneMatch: request.ifNoneMatch, range: request.range, ifRange: nil)
            return FastAnswer(
                answer(isHead: request.isHead, conditions, at: moment), at: moment)
        }
        let kept = rendered.withLock { request.isHead ? $0.head : $0.get }
        if let kept, kept.moment == moment { return kept.answer }
        let conditions = ContentConditions(ifNoneMatch: [], range: nil, ifRange: nil)
        let answer = answer(isHead: request.isHead, conditions, at: moment)
        guard let next = FastAnswer(answer, at: moment) else { return nil }
        rendered.withLock { rendered in
            let next = Rendered(moment: moment, answer: next)
            if request.isHead { rendered.head = next } else { rendered.get = next }
        }
        return next
    }

    /// By the code of the normal path.
    private func answer(
        isHead: Bool, _ conditions: ContentConditions, at moment: Moment
    ) -> Answer {
        let answers = ContentAnswers(
            digest: digest, mediaType: mediaType, conditions: conditions, outcome: .hit,
            freshness: basis.tag?.freshness(at: moment.store))
        var answer =
            switch content {
            case _ where isHead: answers.head(size: size)
            case .manifest(let bytes): answers.manifest(bytes)
            case .blob(let file): answers.blob(.file(file.content, reader: nil))
            }
        if let namespace { answer.fields[.ociNamespace] = namespace }
        return answer
    }
}

extension FastAnswer {
    /// Nil for an answer that takes more than a head and one body.
    fileprivate convenience init?(_ answer: Answer, at moment: Moment) {
        let body: Body
        var fields = answer.responseFields
        fields[.date] = HTTPDate.text(unixSeconds: moment.wall)
        fields[.server] = RegistryChannel.serverName
        switch (answer.status, answer.body) {
        case (.ok, .none): body = .rendered(Self.render(fields, []), bodyBytes: 0)
        case (.ok, .bytes(let bytes)):
            body = .rendered(Self.render(fields, bytes), bodyBytes: Int64(bytes.count))
        case (.notModified, .none): body = .none(Self.head(answer.status, fields))
        case (.ok, .blob(let blob)), (.partialContent, .blob(let blob)):
            guard blob.parts.count == 1, let part = blob.parts.first, part.preamble.isEmpty,
                case .file(let content, reader: nil) = blob.source
            else { return nil }
            let isEmpty = part.span.end == part.span.start
            body =
                isEmpty
                ? .none(Self.head(answer.status, fields))
                : .file(Self.head(answer.status, fields), content, part.span)
        default: return nil
        }
        self.init(answer.summary, body)
    }

    private static func head(
        _ status: HTTPResponse.Status, _ fields: HTTPFields
    ) -> HTTPResponseHead {
        HTTPResponseHead(HTTPResponse(status: status, headerFields: fields))
    }

    /// What the HTTP/1 encoder makes of a 200, and the body behind it, in one buffer.
    private static func render(_ fields: HTTPFields, _ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 512 + body.count)
        buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        for field in fields {
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}
