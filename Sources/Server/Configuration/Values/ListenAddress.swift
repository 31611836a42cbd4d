/// Addresses to listen on.
import OCI

/// A host and port to bind. Written `0.0.0.0:5000`, `[::]:5000` (both families) or `:5000`, which
/// means the same as `[::]:5000`.
struct ListenAddress: Sendable, Hashable {
    /// An address or host name; an IPv6 address without brackets.
    var host: String
    /// 0 means any free port.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init(parsing text: String) throws(InvalidValue) {
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            let hint = Self.port(text[...]) == nil ? "\(text.prefix(80)):5000" : ":\(text)"
            throw InvalidValue(
                "expected host:port, not \(text.excerpt); did you mean \(hint.excerpt)?")
        }
        guard let port = Self.port(text[text.index(after: colon)...]) else {
            throw InvalidValue("expected a port from 0 to 65535 at the end of \(text.excerpt)")
        }
        self.port = port
        self.host = try Self.host(text[..<colon], in: text)
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool { LoopbackHost.matches(host) }

    private static func host(_ host: Substring, in text: String) throws(InvalidValue) -> String {
        if host.isEmpty { return "::" }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            if inner.contains(":"), inner.allSatisfy({ $0.isHexDigit || ":.".contains($0) }) {
                return inner.lowercased()
            }
        } else if host.contains(":") {
            throw InvalidValue(
                "an IPv6 address stands in brackets, as in [::1]:5000, not \(text.excerpt)")
        } else if let name = HostName(host) {
            return name.text
        }
        throw InvalidValue("expected an address or host name before the port in \(text.excerpt)")
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(text), port <= 65535
        else { return nil }
        return port
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
