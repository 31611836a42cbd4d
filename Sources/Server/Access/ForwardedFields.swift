/// What a proxy says of the request that it passes on.

import HTTPTypes
import NIOHTTP1

/// Of `X-Forwarded-Host` and `X-Forwarded-Proto` the last item counts, which the proxy itself
/// wrote. `Forwarded` (RFC 7239) is not read: a proxy that writes one kind and passes the other on
/// would let its clients choose who they are.
struct ForwardedFields: Sendable {
    /// The items of all `X-Forwarded-For` fields, in their order.
    let chain: [String]
    /// `http` or `https`; nil for anything else.
    let scheme: String?
    /// In lower case; nil for what is no host name with or without a port.
    let host: String?

    init(_ fields: HTTPFields) {
        self.init { name in HTTPField.Name(name).map { fields[values: $0] } ?? [] }
    }

    init(_ headers: HTTPHeaders) {
        self.init { name in headers[name] }
    }

    private init(_ values: (String) -> [String]) {
        chain = Self.items(values("X-Forwarded-For"))
        scheme = Self.items(values("X-Forwarded-Proto")).last.map { $0.lowercased() }.flatMap {
            ["http", "https"].contains($0) ? $0 : nil
        }
        host = Self.items(values("X-Forwarded-Host")).last.flatMap { RegistryHost.name($0) }
    }

    private static func items(_ values: [String]) -> [String] {
        values.flatMap { value in
            value.split(separator: ",").map { $0.split(separator: " ").joined() }
        }
    }
}
