/// Makes a Hummingbird response of an answer; file bodies go below it, by sendfile.

import CacheStore
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Synchronization

/// Bytes of a body handed to the socket so far: one that breaks off is counted as far as it came.
final class BodyCounter: Sendable {
    private let count = Atomic<Int64>(0)
    /// By which the client's bandwidth is kept; nil where it has no limit.
    let pace: BodyPace?

    init(pace: BodyPace? = nil) {
        self.pace = pace
    }

    var bytes: Int64 { count.load(ordering: .relaxed) }

    func add(_ bytes: Int64) { count.add(bytes, ordering: .relaxed) }
}

struct AnswerSender: Sendable {
    /// Called once: the body's bytes, and whether all of them were sent.
    typealias Completion = @Sendable (_ bytes: Int64, _ isComplete: Bool) -> Void

    let answer: Answer
    let isHead: Bool
    let channel: any Channel
    /// Held until the body has ended.
    var admission: ClientAdmission?

    func response(_ done: @escaping Completion) -> Response {
        Response(status: answer.status, headers: answer.responseFields, body: body(done))
    }

    private func body(_ done: @escaping Completion) -> ResponseBody {
        switch answer.body {
        case _ where isHead || answer.status == .notModified, .none:
            done(0, true)
            return ResponseBody()
        case .bytes(let bytes):
            done(Int64(bytes.count), true)
            return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .blob(let blob):
            return send(blob, done)
        }
    }

    private func send(_ blob: Answer.BlobBody, _ done: @escaping Completion) -> ResponseBody {
        ResponseBody(contentLength: answer.length.map(Int.init)) { writer in
            let counter = BodyCounter(pace: admission.map { BodyPace($0) })
            do {
                for part in blob.parts {
                    if !part.preamble.isEmpty {
                        try await writer.write(ByteBuffer(string: part.preamble))
                    }
                    try await send(part.span, of: blob.source, to: &writer, counter)
                }
                if !blob.trailer.isEmpty {
                    try await writer.write(ByteBuffer(string: blob.trailer))
                }
                done(counter.bytes, true)
            } catch {
                done(counter.bytes, false)
                throw error
            }
            try await writer.finish(nil)
        }
    }

    private func send(
        _ span: FileSpan, of source: BlobSource, to writer: inout any ResponseBodyWriter,
        _ counter: BodyCounter
    ) async throws {
        var unsent = span
        var uncached: UncachedBlob?
        switch source {
        case .uncached(let blob): uncached = blob
        case .file(let content, let reader):
            let sent = try await channel.send(span, of: content, counter: counter)
            let isDone = span.end.map { span.start + sent == $0 } ?? content.isVerified
            if !isDone { uncached = reader?.continuation(of: content) }
            unsent = FileSpan(start: span.start + sent, end: span.end)
        }
        try await uncached?.send(unsent) { chunk in
            try await counter.pace?.wait(for: chunk.readableBytes)
            try await writer.write(chunk)
            counter.add(Int64(chunk.readableBytes))
        }
    }
}
