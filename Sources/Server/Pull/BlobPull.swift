/// GET and HEAD of a blob: from the store, from a fetch under way, or by leading one.

import CacheStore
import OCI
import Upstream

struct FoundBlob: Sendable {
    let source: BlobSource
    let fill: Fill?
    let outcome: CacheOutcome
    /// Set where it came from the store alone, with its row.
    var basis: HitBasis?
    var record: BlobRecord?
}

/// Where a blob's bytes come from.
enum BlobSource: Sendable {
    /// - Parameter reader: held while the body is sent, where a fetch is bringing it.
    case file(GrowingFile, reader: FetchReader?)
    case uncached(UncachedBlob)

    /// Bytes, nil where it is not known.
    var length: Int64? {
        switch self {
        case .file(let content, _): content.length
        case .uncached(let blob): blob.length
        }
    }
}

struct BlobPull: Sendable {
    /// A request that has sent nothing yet tries again when a fetch that it followed fails.
    private static let attempts = 3
    /// How long a fetch from another upstream may take to begin before this one is asked too.
    private static let patienceWithOthers = Duration.seconds(2)

    let services: PullServices
    let target: PullTarget
    let digest: Digest

    // MARK: GET

    /// - Parameter isPartial: whether the client asks for ranges of it.
    func content(isPartial: Bool) async throws -> FoundBlob {
        guard services.configuration.cache.enabled else {
            return try await passedOn(isPartial: isPartial)
        }
        var lastError: any Error = RegistryError(.blobUnknown, "\(digest) is not to be had")
        for _ in 0..<Self.attempts {
            if let stored = try await stored(proveForContent) { return stored }
            try services.missing.check(question(isHead: false))
            if let fetch = services.blobFetches.find(digest), !isLeader(of: fetch) {
                try await proveIfNeeded()
            }
            let (fetch, isLeader) = services.blobFetches.findOrLead(
                digest, target: target, settings: services.configuration.fill)
            let reader = FetchReader(fetch)
            if !isLeader, await isStuck(fetch) { return try await fromOwnUpstream(fetch) }
            do {
                let fill = try await fetch.started.value
                services.missing.forget(.blob(digest), in: target.key)
                if let failure = fill.content.failure {
                    lastError = failure
                    try await fetch.ended.value
                    continue
                }
                return FoundBlob(
                    source: .file(fill.content, reader: reader), fill: fill,
                    outcome: isLeader ? .miss(upstreamStatus: 200) : .coalesced)
            } catch let uncached as StreamsUncached {
                return FoundBlob(
                    source: .uncached(uncached.blob), fill: nil,
                    outcome: .uncached(upstreamStatus: 200))
            } catch let redirect as HandedOver where !isLeader {
                lastError = redirect
                if fetch.target.key.upstream == target.key.upstream { try await askAlone() }
                try await fetch.ended.value
            } catch {
                if isLeader || self.isLeader(of: fetch) {
                    services.note(error, question(isHead: false))
                    throw error
                }
                lastError = error
                try await fetch.ended.value
            }
        }
        throw lastError
    }

    private func question(isHead: Bool) -> MissingQuestion {
        MissingQuestion(target, .blob(digest), isHead: isHead)
    }

    /// Whether it is another upstream's, and that one does not answer: none waits for a registry
    /// that it did not ask (R54).
    private func isStuck(_ fetch: BlobFetch) async -> Bool {
        guard fetch.target.key.upstream != target.key.upstream else { return false }
        do {
            return try await fetch.started.value(within: Self.patienceWithOthers) == nil
        } catch {
            return false
        }
    }

    /// From this repository's own upstream, without being kept: the digest is being fetched.
    private func fromOwnUpstream(_ fetch: BlobFetch) async throws -> FoundBlob {
        let download = fetch.download(for: target)
        let first = try await download.request(from: 0, canHandOver: true)
        let length: Int64? = if case .whole(let length) = first.kind { length } else { nil }
        return FoundBlob(
            source: .uncached(UncachedBlob(download, length: length, first: first)), fill: nil,
            outcome: .uncached(upstreamStatus: 200))
    }

    private func isLeader(of fetch: BlobFetch) -> Bool {
        fetch.target.key == target.key && fetch.target.reader == target.reader
    }

    /// From the disk, once this repository is known to have it.
    ///
    /// - Parameter prove: asks its upstream where that is not known.
    private func stored(_ prove: () async throws -> Void) async throws -> FoundBlob? {
        let knowledge = try await services.knowledge(of: digest, for: target)
        let isAllowed = knowledge.isAllowed
        guard
            let content = try await services.store.content(of: digest, record: knowledge.blob)
        else { return nil }
        if !isAllowed { try await prove() }
        return FoundBlob(
            source: .file(content, reader: nil), fill: nil,
            outcome: isAllowed ? .hit : .revalidated(upstreamStatus: 200),
            basis: HitBasis(isProven: knowledge.isProven), record: knowledge.blob)
    }

    private func proveIfNeeded() async throws {
        let knowledge = try await services.knowledge(of: digest, for: target)
        if !knowledge.isAllowed { try await proveForContent() }
    }

    /// Asks this repository's own upstream, and remembers that it has the digest. A redirect that
    /// is left to the client is no proof: some registries send everybody to their storage.
    @discardableResult
    private func prove() async throws -> Int64? {
        let head = try await services.unlessMissing(question(isHead: true)) {
            try await target.registry.client.headBlob(
                target.key.repository, digest, canHandOver: true)
        }
        await services.store.remember { try await $0.recordProof(of: digest, in: target.key) }
        return head.size
    }

    /// The same for a GET: the link that HEAD was given is not good for it.
    private func proveForContent() async throws {
        do {
            try await prove()
        } catch is HandedOver {
            try await askAlone()
        }
    }

    /// Asks by GET for a link of this request's own: those of others may be good for one use.
    ///
    /// - Throws: ``HandedOver``. It returns where the upstream sends the blob instead, which is a
    ///   proof.
    private func askAlone() async throws {
        _ = try await target.registry.client.blob(
            target.key.repository, digest, canHandOver: true)
        await services.store.remember { try await $0.recordProof(of: digest, in: target.key) }
    }

    // MARK: HEAD

    /// From the disk; nil where it is not there, or where nothing is to be cached.
    func storedForHead() async throws -> FoundBlob? {
        guard services.configuration.cache.enabled else { return nil }
        return try await stored { try await prove() }
    }

    /// The size of what is not stored, without starting a fetch (design §2.10).
    func size() async throws -> (size: Int64?, outcome: CacheOutcome) {
        guard services.configuration.cache.enabled else {
            let head = try await target.registry.client.headBlob(
                target.key.repository, digest, canHandOver: true)
            return (head.size, .uncached(upstreamStatus: 200))
        }
        if let fetch = services.blobFetches.find(digest), isLeader(of: fetch),
            let fill = try? await fetch.started.value, let length = fill.content.length
        {
            return (length, .coalesced)
        }
        return (try await prove(), .miss(upstreamStatus: 200, isStored: false))
    }
}
