// An IP address, or all that share a prefix with it (RFC 4632 §3.1).

package struct IPNetwork: Sendable, Hashable {
    /// 4 or 16, in network order.
    private let address: [UInt8]
    private let prefixBits: Int

    /// `10.0.0.0/8`, `fd00::/8`, or one address; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress.parse(String(parts[0])) else { return nil }
        let bits = address.count * 8
        let prefix = parts.count == 2 ? Int(parts[1]) : bits
        guard let prefix, (0...bits).contains(prefix) else { return nil }
        self.address = address
        prefixBits = prefix
    }

    /// Whether `host` is an address of this network, both of the family they are written in; false
    /// for a name.
    package func contains(_ host: String) -> Bool {
        IPAddress.parse(host).map(contains) ?? false
    }

    /// An IPv4 address is in networks of IPv4 and of IPv4 mapped into IPv6.
    package func contains(_ other: IPAddress) -> Bool {
        contains(other.bytes) || prefixBits >= 96 && contains(other.mapped)
    }

    private func contains(_ other: [UInt8]) -> Bool {
        guard other.count == address.count else { return false }
        return zip(address, other).enumerated().allSatisfy { index, pair in
            let bits = min(max(prefixBits - index * 8, 0), 8)
            return (pair.0 ^ pair.1) & ~UInt8(truncatingIfNeeded: 0xff >> bits) == 0
        }
    }
}

extension IPNetwork: CustomStringConvertible {
    package var description: String {
        let name = IPAddress.text(of: address)
        return prefixBits == address.count * 8 ? name : "\(name)/\(prefixBits)"
    }
}
