/// What a request asks for, once it is resolved.

import CacheStore
import OCI

/// Made once for a request, or for all that the fast path answers with one object.
final class AskedContent: Sendable {
    let repository: RepositoryKey
    let endpoint: RegistryRoute.Endpoint
    /// The tag or digest, as text; nil of what has neither.
    let reference: String?

    /// The tag of a manifest that is asked for by tag.
    var tag: Tag? {
        if case .manifest(_, .tag(let tag)) = endpoint { tag } else { nil }
    }

    init(_ repository: RepositoryKey, _ endpoint: RegistryRoute.Endpoint) {
        self.repository = repository
        self.endpoint = endpoint
        reference =
            switch endpoint {
            case .manifest(_, let reference): "\(reference)"
            case .blob(_, let digest), .referrers(_, let digest): "\(digest)"
            case .base, .catalog, .tags, .uploads: nil
            }
    }
}
