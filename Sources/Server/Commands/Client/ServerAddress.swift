/// Where the running server is asked.

import OCI
import Upstream

enum ServerAddress: Sendable, Equatable {
    case http(EndpointURL)
    case unix(path: String)

    /// `http://host:port`, `https://host/path` or `unix:/path`.
    init(parsing text: String) throws(InvalidValue) {
        if text.hasPrefix("unix:") {
            guard case .unix(let path) = try AdminAddress(parsing: text) else {
                throw InvalidValue("\(text.excerpt) is no socket")
            }
            self = .unix(path: path)
            return
        }
        guard !text.contains("@") else {
            throw InvalidValue("no user name or password belongs in the address")
        }
        guard let url = EndpointURL(text), url.query == nil else {
            let hint = RegistryHost.name(text).map { "; did you mean http://\($0)?" } ?? ""
            throw InvalidValue(
                "expected http://host:port or unix:/path, not \(text.excerpt)\(hint)")
        }
        self = .http(url)
    }

    /// Where a server with this configuration serves administration: `admin.listen`, else the
    /// first main address, or the first plain one where the main ones speak TLS.
    ///
    /// - Throws: where it listens on a port that nobody knows before.
    init(of configuration: Configuration) throws(InvalidValue) {
        let address: ListenAddress
        switch configuration.admin.listen {
        case .unix(let path):
            self = .unix(path: path)
            return
        case .tcp(let own): address = own
        case nil: address = configuration.listenPlain.first ?? configuration.listen[0]
        }
        let isPlain = configuration.admin.listen?.isLocal ?? !configuration.listenPlain.isEmpty
        guard address.port > 0 else {
            throw InvalidValue("\(address) is any free port: say which one by --server")
        }
        let isWildcard = address.host == "0.0.0.0" || address.host == "::"
        self = .http(
            EndpointURL(
                origin: EndpointURL.Origin(
                    isTLS: configuration.tls.files != nil && !isPlain,
                    host: isWildcard ? "127.0.0.1" : address.host,
                    port: address.port),
                path: ""))
    }

    /// Whether it is this machine, to which the token of this machine's configuration may go.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .http(let url): LoopbackHost.matches(url.origin.host)
        }
    }

    /// - Parameters:
    ///   - path: such as `/stats`.
    ///   - query: percent-encoded, without `?`.
    func url(_ path: String, query: String?) -> String {
        switch self {
        case .http(let base): base.appending(path: path, query: query).absoluteString
        case .unix(let socket):
            "http+unix://\(PercentEncoding.encode(socket))\(path)"
                + (query.map { "?\($0)" } ?? "")
        }
    }
}

extension ServerAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .http(let url): url.description
        case .unix(let path): "unix:\(path)"
        }
    }
}
