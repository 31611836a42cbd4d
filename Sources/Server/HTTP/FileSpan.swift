/// What a response body takes from a file, and having it sent.

import CacheStore
import NIOCore

/// From `start` up to `end`, or to wherever the file ends when its length was not known at the
/// beginning.
struct FileSpan: Sendable, Equatable {
    let start: Int64
    let end: Int64?
}

/// The file has fewer bytes on the disk than are being sent of it.
struct FileCutShort: Error {}

extension Channel {
    /// Sends a span of `content` after what was written to the channel before; answers the
    /// number of bytes.
    func send(
        _ span: FileSpan, of content: GrowingFile, counter: BodyCounter
    ) async throws -> Int64 {
        let sent = eventLoop.flatSubmit {
            do {
                return try self.pipeline.syncOperations.handler(type: FileBodyHandler.self)
                    .send(span, of: content, counter: counter)
            } catch {
                return self.eventLoop.makeFailedFuture(error)
            }
        }
        return try await withTaskCancellationHandler {
            try await sent.get()
        } onCancel: {
            close(promise: nil)
        }
    }
}
