/// From the spelling of a request to an upstream and a repository.

import CacheStore
import OCI

/// How a request names what it wants (design §3).
struct Address: Sendable, Equatable {
    /// The `Host` field, perhaps with a port.
    var host: String?
    /// The path segment before `/v2`.
    var prefix: String?
    /// The `ns` parameter.
    var namespace: String?
    /// The name in the path; nil for `/v2/` itself.
    var name: RepositoryName?
}

/// The closed list of upstreams and every name that leads to one.
///
/// Precedence (R75), the first that is there decides:
/// 1. the prefix before `/v2`,
/// 2. `ns`, unless it is the host name that Larder itself was asked at,
/// 3. a virtual host,
/// 4. the first component of the repository name, where it looks like a host,
/// 5. the default upstream.
///
/// Where 1–3 decided, a first component that names the same upstream is dropped; one that
/// names another is part of the repository's name. An unknown prefix, `ns`, host below
/// `domain` or host-like first component is `NAME_UNKNOWN`, with no look-up of any kind (R69).
struct Addressing: Sendable {
    /// Upstream names and aliases → upstream name.
    let names: [String: String]
    /// Virtual hosts → upstream name.
    let virtualHosts: [String: String]
    let domain: String?
    let defaultUpstream: String

    struct Resolution: Sendable, Equatable {
        let upstream: String
        let repository: RepositoryName?
        /// The `ns` that decided.
        let namespace: String?
    }

    func resolve(_ address: Address) throws(RegistryError) -> Resolution {
        let host = address.host.map(Self.hostName)
        if let prefix = address.prefix {
            return explicit(try upstream(prefix, "prefix"), address, namespace: nil)
        }
        if let namespace = address.namespace, !namespace.isEmpty,
            names[namespace.lowercased()] != nil || Self.hostName(namespace) != host
        {
            return explicit(try upstream(namespace, "ns"), address, namespace: namespace)
        }
        if let host, let upstream = virtualHosts[host] {
            return explicit(upstream, address, namespace: nil)
        }
        if let host, let domain, host.hasSuffix("." + domain) {
            throw RegistryError(.nameUnknown, "no upstream is configured for the host \(host)")
        }
        return try byName(address.name)
    }

    /// Whether it takes no repository's name to tell the upstream.
    func isDecided(_ address: Address) -> Bool {
        let host = address.host.map(Self.hostName)
        return address.prefix != nil || host.map { virtualHosts[$0] != nil } ?? false
            || address.namespace.map { names[$0.lowercased()] != nil } ?? false
    }

    private func explicit(
        _ upstream: String, _ address: Address, namespace: String?
    ) -> Resolution {
        guard let name = address.name else {
            return Resolution(upstream: upstream, repository: nil, namespace: namespace)
        }
        let first = name.components.first.map(String.init) ?? ""
        let isRepeated = names[first] == upstream
        let repository = (isRepeated ? name.droppingFirstComponent : nil) ?? name
        return Resolution(upstream: upstream, repository: repository, namespace: namespace)
    }

    private func byName(_ name: RepositoryName?) throws(RegistryError) -> Resolution {
        guard let name else {
            return Resolution(upstream: defaultUpstream, repository: nil, namespace: nil)
        }
        let first = name.components.first.map(String.init) ?? ""
        guard RegistryRoute.isHost(first), name.components.count > 1 else {
            return Resolution(upstream: defaultUpstream, repository: name, namespace: nil)
        }
        return Resolution(
            upstream: try upstream(first, "prefix"), repository: name.droppingFirstComponent,
            namespace: nil)
    }

    private func upstream(_ text: String, _ kind: String) throws(RegistryError) -> String {
        guard let upstream = names[text.lowercased()] else {
            throw RegistryError(
                .nameUnknown, "the \(kind) of this request names no configured upstream")
        }
        return upstream
    }

    /// Without the port, in lower case: `[::1]:5000` → `[::1]`.
    private static func hostName(_ host: String) -> String {
        let lowered = host.lowercased()
        guard let colon = lowered.lastIndex(of: ":"),
            lowered[colon...].dropFirst().allSatisfy(\.isNumber), !lowered.hasSuffix("]")
        else { return lowered }
        return String(lowered[..<colon])
    }
}

extension RepositoryName {
    fileprivate var droppingFirstComponent: RepositoryName? {
        try? RepositoryName(components.dropFirst().joined(separator: "/"))
    }
}
