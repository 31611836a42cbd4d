// Decides whether a token realm may be asked, and whether with the upstream's credentials (R67).

package enum RealmPolicy {
    package enum Decision: Sendable, Equatable {
        /// The realm belongs to the registry: credentials may go there.
        case trusted
        /// It may be asked for an anonymous token; credentials must not go there.
        case anonymousOnly
        case refused(String)
    }

    /// - Parameters:
    ///   - realm: the token server that the registry named.
    ///   - registry: the registry's own address.
    ///   - listed: further hosts trusted by the configuration.
    ///   - allowHTTP: whether this upstream may be spoken to in plain http.
    package static func decide(
        realm: EndpointURL, registry: EndpointURL, listed: [String], allowHTTP: Bool
    ) -> Decision {
        guard realm.origin.isTLS || (allowHTTP && !registry.origin.isTLS) else {
            return .refused("plain http")
        }
        let host = realm.origin.host
        let isTrusted =
            RegistrableDomain.shares(host, registry.origin.host)
            || listed.contains { $0.lowercased() == host }
        return isTrusted ? .trusted : .anonymousOnly
    }
}
