// Which addresses an upstream may lead Larder to: those of the public internet (R70).

enum AddressPolicy {
    /// What kind of address it is, where it may not be connected to; nil where it may.
    static func refusal(of address: IPAddress) -> String? {
        if let block = blocks.first(where: { $0.network.contains(address) }) { return block.kind }
        for form in embeddings where form.network.contains(address) {
            let inner = address.bytes[form.offset..<form.offset + 4]
                .map { form.isInverted ? ~$0 : $0 }
            if let kind = refusal(of: IPAddress(bytes: inner)) { return "\(kind) (\(form.name))" }
        }
        return nil
    }

    private struct Block {
        var network: IPNetwork
        var kind: String

        init(_ network: String, _ kind: String) {
            // Only ever the literals below, all of which the tests look at.
            self.network = IPNetwork(network)!
            self.kind = kind
        }
    }

    /// IPv6 addresses that packets to an IPv4 address are sent by. Mapped ones are IPv4 addresses
    /// here, whatever they are spelled like.
    private struct Embedding {
        var network: IPNetwork
        var name: String
        /// Of the IPv4 address, in bytes.
        var offset: Int
        var isInverted: Bool

        init(_ network: String, _ name: String, at offset: Int, isInverted: Bool = false) {
            self.network = IPNetwork(network)!  // As above.
            self.name = name
            self.offset = offset
            self.isInverted = isInverted
        }
    }

    /// The IANA registries of special-purpose addresses, and what clouds use for their metadata.
    private static let blocks = [
        Block("0.0.0.0/8", "unspecified"),
        Block("10.0.0.0/8", "private"),
        Block("100.64.0.0/10", "shared"),
        Block("127.0.0.0/8", "loopback"),
        Block("168.63.129.16", "metadata"),
        Block("169.254.0.0/16", "link-local"),
        Block("172.16.0.0/12", "private"),
        Block("192.0.0.0/24", "reserved"),
        Block("192.168.0.0/16", "private"),
        Block("198.18.0.0/15", "reserved"),
        Block("224.0.0.0/4", "multicast"),
        Block("255.255.255.255", "broadcast"),
        Block("240.0.0.0/4", "reserved"),
        Block("::", "unspecified"),
        Block("::1", "loopback"),
        Block("64:ff9b:1::/48", "local"),
        Block("100::/64", "reserved"),
        Block("fc00::/7", "private"),
        Block("fe80::/10", "link-local"),
        Block("fec0::/10", "private"),
        Block("ff00::/8", "multicast"),
    ]

    private static let embeddings = [
        Embedding("::/96", "IPv4-compatible", at: 12),
        Embedding("::ffff:0:0:0/96", "IPv4-translated", at: 12),
        Embedding("64:ff9b::/96", "NAT64", at: 12),
        Embedding("2002::/16", "6to4", at: 2),
        Embedding("2001::/32", "Teredo", at: 4),
        Embedding("2001::/32", "Teredo", at: 12, isInverted: true),
    ]
}

/// An address that Larder was led to, and does not go to.
struct RefusedAddress: Error, Equatable {
    var address: IPAddress
    /// Such as `loopback`.
    var kind: String
}
