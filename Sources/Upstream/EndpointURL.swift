// An absolute http or https URL in validated pieces: a registry, a realm or a redirect's target.
import FoundationEssentials

package struct EndpointURL: Sendable, Hashable {
    /// Scheme, host and port: what a credential belongs to (RFC 6454 §4).
    package struct Origin: Sendable, Hashable {
        package var isTLS: Bool
        /// Lower case; an IPv6 address without brackets.
        package var host: String
        package var port: Int

        package init(isTLS: Bool, host: String, port: Int) {
            self.isTLS = isTLS
            self.host = host
            self.port = port
        }
    }

    package let origin: Origin
    /// Percent-encoded, empty or beginning with `/`.
    package let path: String
    /// Percent-encoded, without `?`.
    package let query: String?

    package init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    /// Nil unless `text` is an absolute http or https URL with a plain host and without user
    /// information. The fragment is dropped.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, let url = URL(string: text) else { return nil }
        self.init(url)
    }

    private init?(_ url: URL) {
        guard url.absoluteString.utf8.count <= Self.maximumBytes,
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            url.user(percentEncoded: true) == nil, url.password(percentEncoded: true) == nil,
            let host = url.host(percentEncoded: true).flatMap(Self.normalised)
        else { return nil }
        let isTLS = scheme == "https"
        let port = url.port ?? (isTLS ? 443 : 80)
        guard (1...65535).contains(port) else { return nil }
        self.origin = Origin(isTLS: isTLS, host: host, port: port)
        self.path = url.path(percentEncoded: true)
        self.query = url.query(percentEncoded: true)
    }

    /// The URL that a `Location` found here means (RFC 9110 §10.2.2), nil where it is none.
    package func resolving(_ location: String) -> EndpointURL? {
        guard location.utf8.count <= Self.maximumBytes, let base = URL(string: absoluteString),
            let url = URL(string: location, relativeTo: base)
        else { return nil }
        return EndpointURL(url.absoluteURL)
    }

    /// This URL with `suffix` behind its path, and its query replaced by `query`.
    package func appending(path suffix: String, query: String? = nil) -> EndpointURL {
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        return EndpointURL(origin: origin, path: base + suffix, query: query)
    }

    /// The whole URL, with its query: to be sent, never to be logged.
    package var absoluteString: String {
        description + (query.map { "?\($0)" } ?? "")
    }

    /// Longest URL read; signed links have about 2 KiB.
    private static let maximumBytes = 16 * 1024

    private static func normalised(_ host: String) -> String? {
        var host = host.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.hasSuffix(".") { host.removeLast() }
        let isIPv6 = host.contains(":")
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): true
            case UInt8(ascii: ":"): isIPv6
            case UInt8(ascii: "a")...UInt8(ascii: "f"): true
            case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                !isIPv6
            default: false
            }
        }
        // One dot at the end was the root's; a second spelling of a host must not get past a rule.
        let hasEmptyLabel = ".\(host).".contains("..")
        return isPlain && !hasEmptyLabel && host.utf8.count <= 253 ? host : nil
    }
}

extension EndpointURL.Origin: CustomStringConvertible {
    /// Scheme, host and (where it is not the scheme's own) port.
    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let scheme = isTLS ? "https" : "http"
        return port == (isTLS ? 443 : 80) ? "\(scheme)://\(name)" : "\(scheme)://\(name):\(port)"
    }
}

extension EndpointURL: CustomStringConvertible {
    /// The URL without its query, which may be a signature.
    package var description: String { "\(origin)\(path)" }
}
