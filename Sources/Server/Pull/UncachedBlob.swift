/// A blob that is not kept, for want of room: hashed as it passes, its tail held back.

import CacheStore
import NIOCore
import OCI
import Synchronization
import Upstream

/// Bounded memory and no file; each client has an upstream request of its own (design §2.9,
/// R38, R42).
final class UncachedBlob: Sendable {
    /// Bytes kept from the client until the digest is verified.
    private static let heldBack = 16 * 1024

    /// Bytes, nil where the upstream does not tell.
    let length: Int64?
    private let download: ResumingDownload
    private let hashed: FillOverflow
    private let first: Mutex<BlobResponse?>

    /// - Parameters:
    ///   - hashed: what was hashed already, from the beginning of the blob.
    ///   - first: the response that a leader got before there turned out to be no room.
    init(
        _ download: ResumingDownload, length: Int64?, hashed: FillOverflow? = nil,
        first: BlobResponse? = nil
    ) {
        self.download = download
        self.length = length
        self.hashed =
            hashed
            ?? FillOverflow(position: 0, hasher: ContentHasher(download.digest.algorithm))
        self.first = Mutex(first)
    }

    /// Sends a span of it.
    ///
    /// One that ends before the blob does is passed through, since the client verifies what it
    /// assembles; any other is hashed from the beginning.
    /// - Throws: `FillFailure.digestMismatch`, `UpstreamError`, and what `write` throws.
    func send(_ span: FileSpan, to write: (ByteBuffer) async throws -> Void) async throws {
        if let end = span.end, let length, end < length {
            try await download.run(from: span.start, to: end, length: length, write)
        } else {
            try await sendVerified(from: span.start, to: write)
        }
    }

    private func sendVerified(
        from start: Int64, to write: (ByteBuffer) async throws -> Void
    ) async throws {
        var position = min(start, hashed.position)
        var hasher = hashed.hasher
        var held = ByteBuffer()
        let response = position == 0 ? first.withLock { $0.take() } : nil
        try await download.run(from: position, length: length, first: response) { chunk in
            let end = position + Int64(chunk.readableBytes)
            hasher.update(chunk.after(hashed.position - position))
            held.writeImmutableBuffer(chunk.after(start - position))
            position = end
            guard held.readableBytes > Self.heldBack,
                let ready = held.readSlice(length: held.readableBytes - Self.heldBack)
            else { return }
            held.discardReadBytes()
            try await write(ready)
        }
        let found = hasher.digest()
        guard found == download.digest else {
            throw FillFailure.digestMismatch(found: "\(found)")
        }
        if held.readableBytes > 0 { try await write(held) }
    }
}

/// There is no room for it: each request that waited for the fetch streams it by itself.
struct StreamsUncached: Error {
    let blob: UncachedBlob
}

extension ByteBuffer {
    /// What follows the first `count` bytes; all of it where `count` is not positive.
    fileprivate func after(_ count: Int64) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: Int(min(max(0, count), Int64(readableBytes))))
        return rest
    }
}

extension ContentHasher {
    fileprivate mutating func update(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { update($0) }
    }
}
