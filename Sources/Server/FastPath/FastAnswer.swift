/// An answer on its way out of the event loop.

import CacheStore
import HTTPTypes
import NIOCore
import OCI

final class FastAnswer: Sendable {
    /// Heads, and bodies in memory, are as they go on the wire.
    enum Body: Sendable {
        case rendered(ByteBuffer, bodyBytes: Int64)
        case file(head: ByteBuffer, GrowingFile, FileSpan)
    }

    let summary: AnswerSummary
    let body: Body

    init(_ summary: AnswerSummary, _ body: Body) {
        self.summary = summary
        self.body = body
    }

    /// Nil for an answer that takes more than a head and one body.
    convenience init?(_ answer: Answer, at moment: Moment) {
        let body: Body
        let fields = Self.fields(of: answer, at: moment)
        switch (answer.status, answer.body) {
        case (.ok, .none), (.notModified, .none):
            body = .rendered(Self.render(answer.status, fields, []), bodyBytes: 0)
        case (.ok, .bytes(let bytes)):
            body = .rendered(Self.render(.ok, fields, bytes), bodyBytes: Int64(bytes.count))
        case (.ok, .blob(let blob)), (.partialContent, .blob(let blob)):
            guard blob.parts.count == 1, let part = blob.parts.first, part.preamble.isEmpty,
                case .file(let content, reader: nil) = blob.source, let end = part.span.end
            else { return nil }
            let head = Self.render(answer.status, fields, [])
            body =
                end == part.span.start
                ? .rendered(head, bodyBytes: 0) : .file(head: head, content, part.span)
        default: return nil
        }
        self.init(answer.summary, body)
    }

    static func fields(of answer: Answer, at moment: Moment) -> HTTPFields {
        var fields = answer.responseFields
        fields[.date] = HTTPDate.text(unixSeconds: moment.wall)
        fields[.server] = RegistryChannel.serverName
        return fields
    }

    private static func render(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: [UInt8]
    ) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 512 + body.count)
        buffer.writeStatusLine(status)
        for field in fields { buffer.write(field) }
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}

/// A head as the HTTP/1 encoder writes it.
extension ByteBuffer {
    mutating func writeStatusLine(_ status: HTTPResponse.Status) {
        writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
    }

    mutating func write(_ field: HTTPField) {
        writeName(of: field)
        writeString(field.value)
        writeStaticString("\r\n")
    }

    mutating func writeName(of field: HTTPField) {
        writeString(field.name.rawName)
        writeStaticString(": ")
    }
}
