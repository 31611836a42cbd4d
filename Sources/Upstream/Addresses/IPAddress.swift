// An IP address, in one spelling only.
import Glibc
import NIOCore

/// An IPv4 address that came mapped into IPv6, as sockets for both give it, is that IPv4 address
/// (RFC 4291 §2.5.5.2).
package struct IPAddress: Sendable, Hashable {
    /// 4 or 16, in network order.
    package let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16, in network order.
    init(bytes: [UInt8]) {
        self.bytes = Self.isMapped(bytes) ? Array(bytes[12...]) : bytes
    }

    /// Nil for anything but an address: no port, no brackets, no zone.
    package init?(_ text: String) {
        guard let bytes = Self.parse(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// Besides, whatever else the system connects to without a look-up: `127.1`, `2130706433`,
    /// `0x7f.0.0.1`, `0177.1` (inet_aton(3)).
    init?(anySpelling text: String) {
        if let address = IPAddress(text) {
            self = address
            return
        }
        let bytes = withUnsafeTemporaryAllocation(of: in_addr.self, capacity: 1) { address in
            inet_aton(text, address.baseAddress) == 1
                ? [UInt8](UnsafeRawBufferPointer(address)) : nil
        }
        guard let bytes else { return nil }
        self.init(bytes: bytes)
    }

    /// Nil for a socket of another kind.
    init?(_ socket: SocketAddress) {
        guard let text = socket.ipAddress else { return nil }
        self.init(text)
    }

    /// 4 or 16 as they are written.
    static func parse(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var isAddress = false
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                isAddress = inet_pton(family, text, buffer.baseAddress) == 1
                initialized = isAddress ? count : 0
            }
            if isAddress { return bytes }
        }
        return nil
    }

    private static let mapping = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    private static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes.count == 16 && bytes.starts(with: mapping)
    }

    /// As IPv6 has it.
    var mapped: [UInt8] { bytes.count == 4 ? Self.mapping + bytes : bytes }

    static func text(of bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        inet_ntop(family, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String { Self.text(of: bytes) }
}
