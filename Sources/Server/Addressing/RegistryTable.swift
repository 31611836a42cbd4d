/// The configured upstreams with a client for each, swapped whole on reload.

import CacheStore
import Logging
import OCI
import Upstream

struct RegistryTable: Sendable {
    let addressing: Addressing
    private let registries: [String: Registry]

    /// - Parameters:
    ///   - offline: says which upstreams are not to be asked.
    ///   - previous: clients of upstreams whose settings did not change are kept, with the tokens
    ///     they hold.
    init(
        _ configuration: Configuration, http: HTTPTransport, offline: OfflineSwitch,
        logger: Logger, previous: RegistryTable? = nil
    ) {
        addressing = Addressing(configuration)
        registries = configuration.upstreams.mapValues { upstream in
            let settings = configuration.settings(of: upstream)
            if let kept = previous?.registries[upstream.name], kept.client.settings == settings {
                return Registry(name: kept.name, access: upstream.access, client: kept.client)
            }
            return Registry(
                name: upstream.name,
                access: upstream.access,
                client: RegistryClient(
                    settings: settings, http: http, logger: logger,
                    isOffline: { offline.isOffline(upstream.name) }))
        }
    }

    /// Nil for a name that no upstream has; aliases count.
    func named(_ name: String) -> Registry? {
        addressing.names[name.lowercased()].flatMap { registries[$0] }
    }

    /// An image as people name it, with `library/` where it is left out.
    func target(for image: ImageReference) throws(RegistryError) -> PullTarget {
        let key = try addressing.key(of: image)
        return PullTarget(registry: try registry(key.upstream), key: key, namespace: nil)
    }

    /// A pattern with the upstream's own name, and `library/` where it is left out.
    func canonical(_ pattern: String) -> String { addressing.canonical(pattern) }

    var names: [String] { registries.keys.sorted() }

    /// By name.
    var all: [Registry] { registries.values.sorted { $0.name < $1.name } }

    /// What can be reached under a name: the upstream that the address decides on, else all.
    func reachable(at address: Address) -> [Registry] {
        addressing.isDecided(address) ? (try? [registry(for: address)]) ?? [] : all
    }

    /// The upstream alone, for `/v2/`.
    func registry(for address: Address) throws(RegistryError) -> Registry {
        try registry(addressing.resolve(address).upstream)
    }

    func target(for address: Address) throws(RegistryError) -> PullTarget {
        let resolution = try addressing.resolve(address)
        let registry = try registry(resolution.upstream)
        guard let repository = resolution.repository else {
            throw RegistryError(.nameInvalid, "the request names no repository")
        }
        return PullTarget(
            registry: registry,
            key: try Addressing.key(of: repository, at: registry.name),
            namespace: resolution.namespace)
    }

    private func registry(_ name: String) throws(RegistryError) -> Registry {
        guard let registry = registries[name] else {
            throw RegistryError(.nameUnknown, "the upstream \(name) is not configured")
        }
        return registry
    }
}
