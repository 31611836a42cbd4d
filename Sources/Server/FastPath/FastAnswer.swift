/// An answer on its way out of the event loop.

import CacheStore
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import OCI

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

    /// Nil for an answer that takes more than a head and one body.
    convenience init?(_ answer: Answer, at moment: Moment) {
        let body: Body
        var fields = answer.responseFields
        fields[.date] = HTTPDate.text(unixSeconds: moment.wall)
        fields[.server] = RegistryChannel.serverName
        switch (answer.status, answer.body) {
        case (.ok, .none), (.notModified, .none):
            body = .rendered(Self.render(answer.status, fields, []), bodyBytes: 0)
        case (.ok, .bytes(let bytes)):
            body = .rendered(Self.render(.ok, fields, bytes), bodyBytes: Int64(bytes.count))
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

    /// What the HTTP/1 encoder makes of a head, and the body behind it, in one buffer.
    private static func render(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: [UInt8]
    ) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 512 + body.count)
        buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
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
