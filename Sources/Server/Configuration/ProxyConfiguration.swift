/// What is configured of the proxy that upstreams are reached through.
import Upstream

/// `proxy:`, of all upstreams or of one.
struct ProxyConfiguration: PasswordConfiguration, Sendable, Equatable {
    enum Address: Sendable, Equatable {
        /// No proxy, although there is one for all upstreams.
        case direct
        case server(EndpointURL)
    }

    /// Nil where nothing is said.
    var address: Address?
    var username: String?
    var password = Secret("")
    var passwordFile: String?
    /// Nil where nothing is said.
    var exceptions: [ProxyException]?

    /// The proxy in use; nil for none.
    var settings: ProxySettings? {
        guard case .server(let url) = address else { return nil }
        let credential = username.map { Credential(username: $0, password: password) }
        return ProxySettings(
            server: .init(host: url.origin.host, port: url.origin.port, credential: credential),
            exceptions: exceptions ?? [])
    }

    /// An upstream's own values before those of all. A user name and password belong to the address
    /// beside which they are written: another address is never shown them.
    func over(_ common: ProxyConfiguration) -> ProxyConfiguration {
        var result = self
        result.exceptions = exceptions ?? common.exceptions
        guard address == nil else { return result }
        result.address = common.address
        if username == nil {
            result.username = common.username
            result.password = common.password
            result.passwordFile = common.passwordFile
        }
        return result
    }
}

extension Configuration {
    /// The values of one upstream as its client takes them, with what holds for all.
    func settings(of upstream: UpstreamConfiguration) -> UpstreamSettings {
        var settings = upstream.settings
        settings.proxy = upstream.proxy.over(proxy).settings
        return settings
    }
}
