/// The head of a 206, of which two values differ from range to range.

import CacheStore
import HTTPTypes
import NIOCore
import OCI

/// Taken from one answer of the normal path for all of a second: clients that load layers lazily
/// ask for thousands of ranges.
struct PartHead: Sendable {
    private enum Piece {
        case fixed(ByteBuffer)
        case contentLength
        case contentRange
    }

    private let pieces: [Piece]
    private let content: GrowingFile
    private let digest: Digest?
    private let outcome: CacheOutcome?

    /// Nil for an answer that is no single part of a file.
    init?(_ answer: Answer, at moment: Moment) {
        guard answer.status == .partialContent, case .blob(let blob) = answer.body,
            blob.parts.count == 1, case .file(let content, reader: nil) = blob.source
        else { return nil }
        self.content = content
        (digest, outcome) = (answer.digest, answer.outcome)
        var pieces: [Piece] = []
        var fixed = ByteBuffer()
        fixed.writeStatusLine(.partialContent)
        for field in FastAnswer.fields(of: answer, at: moment) {
            let varying: Piece? =
                switch field.name {
                case .contentLength: .contentLength
                case .contentRange: .contentRange
                default: nil
                }
            guard let varying else {
                fixed.write(field)
                continue
            }
            fixed.writeName(of: field)
            pieces += [.fixed(fixed), varying]
            fixed = ByteBuffer(string: "\r\n")
        }
        fixed.writeStaticString("\r\n")
        self.pieces = pieces + [.fixed(fixed)]
    }

    func answer(with range: Range<Int64>, of size: Int64) -> FastAnswer {
        var head = ByteBufferAllocator().buffer(capacity: 512)
        for piece in pieces {
            switch piece {
            case .fixed(let bytes): head.writeImmutableBuffer(bytes)
            case .contentLength: head.writeString("\(range.count)")
            case .contentRange: head.writeString("\(ContentRange(range: range, total: size))")
            }
        }
        let summary = AnswerSummary(
            status: HTTPResponse.Status.partialContent.code, digest: digest, outcome: outcome,
            startsAtZero: range.lowerBound == 0, wholeBlob: nil)
        return FastAnswer(summary, .file(head: head, content, FileSpan(range)))
    }
}
