/// The other end of a connection, and whose requests come over it.

import HTTPTypes
import NIOCore
import NIOHTTP1
import Upstream

/// Judged once for a connection and a policy: requests of who is no proxy cost nothing more.
struct Peer: Sendable {
    let policy: AccessPolicy
    /// Without a port; `-` where the socket has none.
    let address: String
    /// Set of a trusted proxy alone.
    private let proxy: IPAddress?

    init(_ channel: any Channel, _ policy: AccessPolicy) {
        let ip = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        self.policy = policy
        address = ip.map { "\($0)" } ?? "-"
        proxy = ip.flatMap { policy.proxies.contains($0) ? $0 : nil }
    }

    var isTrustedProxy: Bool { proxy != nil }

    /// - Parameters:
    ///   - scheme: of this connection.
    ///   - host: as the request has it.
    func requester(
        scheme: String = "http", host: String?, _ forwarded: @autoclosure () -> ForwardedFields
    ) -> Requester {
        guard let proxy else { return Requester(address: address, scheme: scheme, host: host) }
        let forwarded = forwarded()
        return Requester(
            address: "\(policy.proxies.client(behind: proxy, forwarded.chain))",
            scheme: forwarded.scheme ?? scheme, host: forwarded.host ?? host)
    }
}
