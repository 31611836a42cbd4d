/// What a pull of a manifest found, before it becomes an answer.

import OCI
import Upstream

/// A manifest about to be served; `bytes` is nil where only the head is known.
struct FoundManifest: Sendable {
    let digest: Digest
    let mediaType: MediaType
    let size: Int64
    let bytes: [UInt8]?
    let outcome: CacheOutcome
    /// Where a tag was asked for.
    var freshness: TagFreshness?
    /// Set where it came from the store alone.
    var basis: HitBasis?
}

extension FoundManifest {
    init(_ fetched: FetchedManifest, outcome: CacheOutcome) {
        self.init(
            digest: fetched.digest, mediaType: fetched.manifest.mediaType,
            size: Int64(fetched.manifest.bytes.count), bytes: fetched.manifest.bytes,
            outcome: outcome)
    }

    /// Nil where the upstream's head leaves something out.
    init?(_ head: ManifestHead, _ resolved: ResolvedTag) {
        guard let size = head.size, let mediaType = head.mediaType else { return nil }
        self.init(
            digest: resolved.digest, mediaType: mediaType, size: size, bytes: head.body,
            outcome: resolved.outcome, freshness: resolved.freshness)
    }

    func aged(_ freshness: TagFreshness?) -> FoundManifest {
        var found = self
        found.freshness = freshness
        return found
    }
}
