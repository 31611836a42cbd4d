/// One configured upstream as requests meet it.

import CacheStore
import OCI
import Upstream

struct Registry: Sendable {
    /// The name in the configuration: the cache key, whatever a request calls it.
    let name: String
    let access: UpstreamConfiguration.Access
    let client: RegistryClient
}

/// What a request asks for once its spelling is resolved.
struct PullTarget: Sendable {
    let registry: Registry
    let key: RepositoryKey
    /// The request's `ns`, to be answered as `OCI-Namespace`; nil where none decided.
    let namespace: String?
    /// For whom it is asked: answers to others say nothing about it.
    var reader = Reader.everyone
}
