/// Request heads that were parsed before: the same bytes are the same request.

import NIOCore
import NIOHTTP1
import Synchronization

/// A head as it came, and what the HTTP decoder made of it.
final class KnownHead {
    let request: HotRequest
    let forwarded: ForwardedFields
    fileprivate let bytes: ByteBuffer

    /// Nil for what the fast path does not answer, and for a credential: it is not kept.
    fileprivate init?(_ bytes: ByteBuffer, _ head: HTTPRequestHead) {
        guard let request = HotRequest(head), request.authorization == nil else { return nil }
        self.request = request
        forwarded = ForwardedFields(head.headers)
        // A copy: the buffer that was read into is larger.
        self.bytes = ByteBuffer(bytes: bytes.readableBytesView)
    }
}

/// Those of one event loop, shared by its connections.
///
/// A table without chains, as a processor's cache has it: a head has one place by its bytes, and
/// takes it from whichever was there. So it has an end, and no choice of heads makes it slow.
final class KnownHeads {
    static let places = 1024
    /// Bytes of a head that is kept at most.
    static let maximumLength = 2048

    private var heads = [KnownHead?](repeating: nil, count: places)

    func find(_ bytes: ByteBuffer) -> KnownHead? {
        guard bytes.readableBytes <= Self.maximumLength, let known = heads[Self.place(of: bytes)],
            known.bytes == bytes
        else { return nil }
        return known
    }

    /// - Parameters:
    ///   - bytes: of a request without a body; what may be more than one is not kept.
    ///   - head: what they were parsed as.
    func add(_ bytes: ByteBuffer, _ head: HTTPRequestHead) {
        guard bytes.readableBytes <= Self.maximumLength, bytes.isOneHead,
            let known = KnownHead(bytes, head)
        else { return }
        heads[Self.place(of: bytes)] = known
    }

    private static func place(of bytes: ByteBuffer) -> Int {
        bytes.withUnsafeReadableBytes { bytes in
            let prime: UInt64 = 0x9e37_79b9_7f4a_7c15
            var hash = UInt64(bytes.count)
            var offset = 0
            while offset + 8 <= bytes.count {
                hash ^= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = (hash &* prime) ^ (hash >> 29)
                offset += 8
            }
            for byte in bytes[offset...] { hash = (hash ^ UInt64(byte)) &* prime }
            return Int((hash ^ (hash >> 32)) % UInt64(places))
        }
    }
}

extension ByteBuffer {
    /// Whether the one empty line is at the end, and lines end in CR LF alone, so that nobody can
    /// read a second request here. Requests behind the first may be held, and are heard of later.
    fileprivate var isOneHead: Bool {
        withUnsafeReadableBytes { bytes in
            let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
            var lineLength = 0
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case lf:
                    guard index > 0, bytes[index - 1] == cr else { return false }
                    if lineLength == 0 { return index == bytes.count - 1 }
                    lineLength = 0
                case cr:
                    guard index + 1 < bytes.count, bytes[index + 1] == lf else { return false }
                default: lineLength += 1
                }
            }
            return false
        }
    }
}

/// A table for each event loop.
final class LoopHeads: Sendable {
    private let tables = Mutex<[ObjectIdentifier: NIOLoopBound<KnownHeads>]>([:])

    /// To be called on `loop`.
    func of(_ loop: any EventLoop) -> KnownHeads {
        tables.withLock { tables in
            let table =
                tables[ObjectIdentifier(loop)] ?? NIOLoopBound(KnownHeads(), eventLoop: loop)
            tables[ObjectIdentifier(loop)] = table
            return table
        }.value
    }
}
