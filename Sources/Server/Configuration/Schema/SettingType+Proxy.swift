/// How a proxy is written.
import OCI
import Upstream

extension SettingType where Value == ProxyConfiguration.Address {
    /// An http URL with a port, or `none`.
    static let proxyAddress = SettingType.scalar(
        { text throws(InvalidValue) in
            if text == "none" { return .direct }
            guard !text.contains("@") else {
                throw InvalidValue("no user name or password belongs in a URL; use username")
            }
            guard let url = EndpointURL(text), !url.origin.isTLS, ["", "/"].contains(url.path),
                url.query == nil
            else {
                throw InvalidValue(
                    "expected a URL such as http://proxy.example.com:3128, or none, not "
                        + text.excerpt)
            }
            return .server(EndpointURL(origin: url.origin, path: ""))
        },
        render: { address in
            switch address {
            case .direct: .word("none")
            case .server(let url): .text(url.description)
            }
        })
}

extension SettingType where Value == ProxyException {
    static let proxyException = SettingType.scalar(
        { text throws(InvalidValue) in
            guard let exception = ProxyException(text) else {
                throw InvalidValue(
                    "expected a host name, an address or a network such as 10.0.0.0/8, not "
                        + text.excerpt)
            }
            return exception
        }, render: { YAMLValue.text("\($0)") })
}
