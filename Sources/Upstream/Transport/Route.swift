// The way a connection takes: through which proxy, over which kind of address.

/// Connections of different routes are never shared.
struct Route: Sendable, Hashable {
    /// Nil for a direct connection.
    var proxy: ProxySettings.Server?
    var addresses = AddressPreference.any
}

/// Which addresses of a host are connected to first; where none of them can be, any is.
package enum AddressPreference: String, Sendable, CaseIterable {
    /// IPv6 and IPv4 side by side, whichever connects first (RFC 8305).
    case any
    case ipv4
    case ipv6

    /// What a socket is bound to, so that addresses of the other kind cannot be connected to.
    var localAddress: String? {
        switch self {
        case .any: nil
        case .ipv4: "0.0.0.0"
        case .ipv6: "::"
        }
    }
}

extension UpstreamSettings {
    func route(to url: EndpointURL) -> Route {
        let proxy = proxy.flatMap { $0.applies(to: url.origin.host) ? $0.server : nil }
        return Route(proxy: proxy, addresses: addresses)
    }
}
