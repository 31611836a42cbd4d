// An IP address, or all that share a prefix with it (RFC 4632 §3.1).
import Glibc

package struct IPNetwork: Sendable, Hashable {
    /// 4 or 16, in network order.
    private let address: [UInt8]
    private let prefixBits: Int

    /// `10.0.0.0/8`, `fd00::/8`, or one address; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = Self.address(String(parts[0])) else { return nil }
        let bits = address.count * 8
        let prefix = parts.count == 2 ? Int(parts[1]) : bits
        guard let prefix, (0...bits).contains(prefix) else { return nil }
        self.address = address
        prefixBits = prefix
    }

    /// Whether `host` is an address of this network; false for a name.
    package func contains(_ host: String) -> Bool {
        guard let other = Self.address(host), other.count == address.count else { return false }
        return zip(address, other).enumerated().allSatisfy { index, pair in
            let bits = min(max(prefixBits - index * 8, 0), 8)
            return (pair.0 ^ pair.1) & ~UInt8(truncatingIfNeeded: 0xff >> bits) == 0
        }
    }

    private static func address(_ text: String) -> [UInt8]? {
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
}

extension IPNetwork: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = address.count == 4 ? AF_INET : AF_INET6
        inet_ntop(family, address, &text, socklen_t(text.count))
        let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        return prefixBits == address.count * 8 ? name : "\(name)/\(prefixBits)"
    }
}
