/// What the index knows of a blob, a manifest, a tag: the rows as values.

import OCI

/// A repository of one upstream, by its resolved names: the scope of tags and proofs.
package struct RepositoryKey: Hashable, Sendable, CustomStringConvertible {
    /// The upstream's name in the configuration, `docker.io`.
    package let upstream: String
    package let repository: RepositoryName
    /// Of both, made once: each request is looked up by its repository in several tables.
    private let hashOfNames: Int

    package init(upstream: String, repository: RepositoryName) {
        self.upstream = upstream
        self.repository = repository
        var hasher = Hasher()
        hasher.combine(upstream)
        hasher.combine(repository)
        hashOfNames = hasher.finalize()
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hashOfNames) }

    package var description: String { "\(upstream)/\(repository)" }
}

/// A committed blob and the file that it was verified in.
package struct BlobRecord: Hashable, Sendable {
    package let digest: Digest
    package let identity: FileIdentity
    /// Set where the blob is a manifest.
    package let manifest: ManifestRecord?
    package var size: Int64 { identity.size }
}

package struct ManifestRecord: Hashable, Sendable {
    package let mediaType: MediaType
    package let artifactType: String?

    package init(mediaType: MediaType, artifactType: String?) {
        self.mediaType = mediaType
        self.artifactType = artifactType
    }
}

/// What is known of a digest within a repository.
package struct DigestKnowledge: Sendable {
    /// Nil where it is not in the store.
    package let blob: BlobRecord?
    /// The upstream itself answered 200 for it in this repository.
    package let isProven: Bool
    /// It was proven in some repository of the same upstream, and a manifest proven in this
    /// repository refers to it: proof enough where the upstream is open (design §2).
    package let isReferenced: Bool

    /// The same without what rests on a reference.
    package var provenAlone: DigestKnowledge {
        DigestKnowledge(blob: blob, isProven: isProven, isReferenced: false)
    }

    /// Whether this repository may be served it without asking its upstream.
    package var isAllowed: Bool { isProven || isReferenced }
    /// Whether it is here, and may be served.
    package var isServable: Bool { isAllowed && blob != nil }
}

package struct TagRecord: Hashable, Sendable {
    package let digest: Digest
    /// Unix seconds of the last time the upstream named this digest.
    package let verifiedAt: Int64
}
