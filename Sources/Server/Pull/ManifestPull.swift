/// GET and HEAD of a manifest: by tag, by digest, by what the client accepts.

import CacheStore
import OCI
import Upstream

struct ManifestPull: Sendable {
    let services: PullServices
    let target: PullTarget
    let accepted: AcceptedTypes
    let needsBody: Bool

    var fetching: ManifestFetching { ManifestFetching(services: services, target: target) }
    private var tags: TagResolution { TagResolution(services: services, target: target) }

    func find(_ reference: Reference) async throws -> FoundManifest {
        let found: FoundManifest
        switch reference {
        case .digest(let digest): found = try await byDigest(digest, outcome: .hit)
        case .tag(let tag): found = try await byTag(tag)
        }
        return try await acceptable(found)
    }

    // MARK: By tag

    private func byTag(_ tag: Tag) async throws -> FoundManifest {
        guard services.configuration.cache.enabled else { return try await passedOn(.tag(tag)) }
        guard let known = try await tags.known(tag) else { return try await unknown(tag) }
        switch known.freshness.state {
        case .fresh where !known.isRefused:
            var found = try await byDigest(known.record.digest, outcome: .hit)
                .aged(known.freshness)
            found.basis?.tag = known.verified
            return found
        case .revalidating where !known.isRefused && !target.registry.client.isOffline:
            tags.renewInBackground(tag, known)
            return try await byDigest(known.record.digest, outcome: .revalidating)
                .aged(known.freshness)
        case .fresh, .revalidating, .stale, .expired:
            return try await verified(tag, known)
        }
    }

    private func unknown(_ tag: Tag) async throws -> FoundManifest {
        guard needsBody else { return try await found(tags.verify(tag, nil)) }
        return try await fetched(.tag(tag)).aged(tags.justVerified(tag))
    }

    /// A refusal tells whether this repository's copy is in the store.
    private func verified(_ tag: Tag, _ known: KnownTag) async throws -> FoundManifest {
        do {
            let resolved = try await tags.verify(tag, known)
            return resolved.isMoved
                ? try await moved(tag, known, resolved) : try await found(resolved)
        } catch let error as UpstreamError {
            let knowledge = try await services.knowledge(of: known.record.digest, for: target)
            throw RegistryError(
                error, asking: .manifest, isCached: knowledge.isServable,
                failingSince: target.failingSince)
        }
    }

    private func found(_ resolved: ResolvedTag) async throws -> FoundManifest {
        if !needsBody, let head = resolved.head, let found = FoundManifest(head, resolved) {
            return found
        }
        return try await byDigest(resolved.digest, outcome: resolved.outcome)
            .aged(resolved.freshness)
    }

    /// The manifest that the tag names now, recorded once it is here.
    private func moved(
        _ tag: Tag, _ known: KnownTag, _ resolved: ResolvedTag
    ) async throws -> FoundManifest {
        if let stale = tags.staleToSpareLimit(known), try await !tags.isHere(resolved.digest) {
            return try await found(stale)
        }
        do {
            let found = try await self.found(resolved)
            let isHere = needsBody ? true : try await tags.isHere(resolved.digest)
            if isHere { await tags.record(tag, resolved.digest) }
            return found
        } catch let error as UpstreamError {
            guard let stale = tags.stale(known, after: error) else { throw error }
            return try await self.found(stale)
        }
    }

    // MARK: By digest

    /// - Parameter outcome: what is told where nothing more has to be asked.
    private func byDigest(_ digest: Digest, outcome: CacheOutcome) async throws -> FoundManifest {
        guard services.configuration.cache.enabled else {
            return try await passedOn(.digest(digest))
        }
        if let pending = services.pendingManifests.find(digest, in: target.key) {
            return FoundManifest(
                FetchedManifest(manifest: pending, digest: digest), outcome: outcome)
        }
        let knowledge = try await services.knowledge(of: digest, for: target)
        if let blob = knowledge.blob, let manifest = blob.manifest {
            var outcome = outcome
            if !knowledge.isAllowed {
                try await prove(digest)
                outcome = .revalidated(upstreamStatus: 200)
            }
            if var found = try await stored(digest, blob, manifest, outcome) {
                found.basis = HitBasis(isProven: knowledge.isProven)
                return found
            }
        }
        return try await fromUpstream(digest)
    }

    private func stored(
        _ digest: Digest, _ blob: BlobRecord, _ manifest: ManifestRecord, _ outcome: CacheOutcome
    ) async throws -> FoundManifest? {
        guard
            let bytes = try await services.store.bytes(
                of: digest, record: blob, limit: Manifest.maximumBytes)
        else { return nil }
        return FoundManifest(
            digest: digest, mediaType: manifest.mediaType, size: blob.size, bytes: bytes,
            outcome: outcome)
    }

    /// The digest is here, but this repository has not been seen to have it (design §2).
    private func prove(_ digest: Digest) async throws {
        _ = try await head(digest)
        await services.store.remember { try await $0.recordProof(of: digest, in: target.key) }
    }

    private func fromUpstream(_ digest: Digest) async throws -> FoundManifest {
        needsBody ? try await fetched(.digest(digest)) : try await relayHead(digest)
    }

    private func fetched(_ reference: Reference) async throws -> FoundManifest {
        let (fetched, isLeader) = try await fetching.fetch(reference, accept: accepted.explicit)
        return FoundManifest(fetched, outcome: isLeader ? .miss(upstreamStatus: 200) : .coalesced)
    }

    private func relayHead(_ digest: Digest) async throws -> FoundManifest {
        let head = try await head(digest)
        if let bytes = head.body {
            let fetched = try await fetching.adopt(head, bytes, for: .digest(digest))
            return FoundManifest(fetched, outcome: .miss(upstreamStatus: 200))
        }
        await services.store.remember { try await $0.recordProof(of: digest, in: target.key) }
        let resolved = ResolvedTag(
            digest: digest, outcome: .miss(upstreamStatus: 200, isStored: false), freshness: nil,
            head: head)
        if let found = FoundManifest(head, resolved) { return found }
        return try await fetched(.digest(digest))
    }

    private func head(_ digest: Digest) async throws -> ManifestHead {
        let question = MissingQuestion(
            target, .manifest(.digest(digest)), isHead: true, accept: accepted.explicit)
        return try await services.unlessMissing(question) {
            try await target.registry.client.headManifest(
                target.key.repository, .digest(digest), accept: accepted.explicit)
        }
    }

    // MARK: What the client accepts

    /// An index for a client that takes images only becomes the default platform's image.
    private func acceptable(_ found: FoundManifest) async throws -> FoundManifest {
        if accepted.allows(found.mediaType) { return found }
        guard found.mediaType.isIndex, let type = imageTypeAccepted else {
            throw notAccepted(found.mediaType)
        }
        let whole = ManifestPull(
            services: services, target: target, accepted: AcceptedTypes(headerValues: []),
            needsBody: true)
        let index = try await whole.byDigest(found.digest, outcome: found.outcome)
        let platform = services.configuration.defaultPlatform
        guard let bytes = index.bytes,
            let child = try Manifest(bytes: bytes, contentType: index.mediaType)
                .child(for: platform)
        else {
            throw RegistryError(
                .manifestUnknown,
                "the index has no image for \(platform), and the client accepts only \(type)")
        }
        var image = try await byDigest(child.digest, outcome: index.outcome)
            .aged(found.freshness)
        image.basis = nil
        guard accepted.allows(image.mediaType) else { throw notAccepted(image.mediaType) }
        return image
    }

    private var imageTypeAccepted: MediaType? {
        [.dockerManifest, .ociManifest].first { accepted.allows($0) }
    }

    private func notAccepted(_ type: MediaType) -> RegistryError {
        RegistryError(.manifestUnknown, "the manifest is of type \(type), which is not accepted")
    }
}
