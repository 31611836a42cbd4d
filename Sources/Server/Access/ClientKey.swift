/// Whom a limit is for.

import Upstream

enum ClientKey: Hashable, Sendable {
    /// An IPv4 address, or the first 64 bits of an IPv6 address: one household has all the rest
    /// (RFC 6177).
    case address([UInt8])
    case user(String)

    init(_ ip: IPAddress) {
        self = .address(ip.bytes.count == 4 ? ip.bytes : Array(ip.bytes.prefix(8)))
    }
}

extension Requester {
    /// The client, wherever it is in its network; one for all whose sockets have no address.
    var key: ClientKey { IPAddress(address).map { ClientKey($0) } ?? .address([]) }
}
