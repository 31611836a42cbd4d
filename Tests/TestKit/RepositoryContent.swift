// What the scripted registry holds, and how tests put it there.
import OCI
import Synchronization

struct RepositoryContent {
    struct StoredManifest {
        var bytes: [UInt8]
        var mediaType: MediaType
    }

    var manifests: [Digest: StoredManifest] = [:]
    var tags: [String: Digest] = [:]
    var blobs: [Digest: [UInt8]] = [:]
    /// The referrers' descriptors as JSON objects with their artifact type, by subject.
    var referrers: [Digest: [(artifactType: String, json: String)]] = [:]
}

extension ScriptedRegistry {
    /// Adds a manifest under its digest, and moves `tags` to it.
    @discardableResult
    package func add(
        repository: String, manifest bytes: [UInt8], mediaType: MediaType = .ociManifest,
        tags: [String] = []
    ) -> Digest {
        let digest = Digest.sha256(of: bytes)
        state.withLock { state in
            var content = state.repositories[repository] ?? RepositoryContent()
            content.manifests[digest] = .init(bytes: bytes, mediaType: mediaType)
            for tag in tags { content.tags[tag] = digest }
            state.repositories[repository] = content
        }
        return digest
    }

    /// Adds a blob under its digest.
    @discardableResult
    package func add(repository: String, blob bytes: [UInt8]) -> Digest {
        let digest = Digest.sha256(of: bytes)
        state.withLock { state in
            state.repositories[repository, default: RepositoryContent()].blobs[digest] = bytes
        }
        return digest
    }

    /// Adds all of an image: blobs, manifest, and the index under `tags` where it has one.
    package func add(repository: String, image: SyntheticImage, tags: [String] = ["latest"]) {
        for blob in image.blobs { add(repository: repository, blob: blob) }
        add(repository: repository, manifest: image.manifest, tags: tags)
    }

    /// Adds a referrer of `subject`, listed with its artifact type.
    @discardableResult
    package func add(
        repository: String, referrer bytes: [UInt8], of subject: Digest, artifactType: String
    ) -> Digest {
        let digest = add(repository: repository, manifest: bytes)
        let json = """
            {"mediaType":"\(MediaType.ociManifest)","digest":"\(digest)","size":\(bytes.count),\
            "artifactType":"\(artifactType)"}
            """
        state.withLock { state in
            state.repositories[repository, default: RepositoryContent()]
                .referrers[subject, default: []].append((artifactType, json))
        }
        return digest
    }

    /// Removes a tag, a manifest or a blob.
    package func remove(repository: String, tag: String) {
        state.withLock { $0.repositories[repository]?.tags[tag] = nil }
    }

    package func remove(repository: String, digest: Digest) {
        state.withLock { state in
            state.repositories[repository]?.manifests[digest] = nil
            state.repositories[repository]?.blobs[digest] = nil
        }
    }

    /// Gives listings in pages of at most `size`, with `Link` headers.
    ///
    /// - Parameter cursor: the parameter that names the next page, as quay's `next_page`; `last`
    ///   and `n` where nil. Referrers always have one, by default `next`.
    package func setPageSize(_ size: Int, cursor: String? = nil) {
        state.withLock { $0.paging = Paging(size: size, cursor: cursor) }
    }
}
