// An egress proxy, and what is reached without it.

package struct ProxySettings: Sendable, Hashable {
    package struct Server: Sendable, Hashable {
        package var host: String
        package var port: Int
        /// For `Proxy-Authorization`, by Basic.
        package var credential: Credential?

        package init(host: String, port: Int, credential: Credential? = nil) {
            self.host = host
            self.port = port
            self.credential = credential
        }
    }

    package var server: Server
    package var exceptions: [ProxyException]

    package init(server: Server, exceptions: [ProxyException] = []) {
        self.server = server
        self.exceptions = exceptions
    }

    /// Whether a host, by its name or address in the URL, is reached through the proxy.
    package func applies(to host: String) -> Bool {
        !exceptions.contains { $0.matches(host) }
    }
}

/// One item of `no_proxy`.
package enum ProxyException: Sendable, Hashable {
    /// The host of that name and all below it.
    case domain(String)
    /// Hosts that are written as an address of it; names are not looked up.
    case network(IPNetwork)

    /// A host name, with or without a dot before it, an address, or a network such as `10.0.0.0/8`.
    package init?(_ text: String) {
        if let network = IPNetwork(text) {
            self = .network(network)
            return
        }
        let name = (text.hasPrefix(".") ? String(text.dropFirst()) : text).lowercased()
        guard let url = EndpointURL("https://\(name)"), url.origin.host == name,
            url.path.isEmpty, url.query == nil, !name.contains(":")
        else { return nil }
        self = .domain(name)
    }

    package func matches(_ host: String) -> Bool {
        switch self {
        case .domain(let name): host == name || host.hasSuffix(".\(name)")
        case .network(let network): network.contains(host)
        }
    }
}

extension ProxyException: CustomStringConvertible {
    package var description: String {
        switch self {
        case .domain(let name): name
        case .network(let network): network.description
        }
    }
}
