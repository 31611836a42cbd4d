/// Fetching manifests: whole, verified before the first byte is served, stored behind the client.

import CacheStore
import Logging
import OCI
import Synchronization
import Upstream

struct ManifestFetchKey: Hashable, Sendable {
    let repository: RepositoryKey
    let reader: Reader
    let reference: Reference
    /// Types asked for in addition to the fixed wide ones.
    let accept: [MediaType]
}

struct FetchedManifest: Sendable {
    let manifest: Manifest
    let digest: Digest
}

/// Verified manifests on their way into the store.
final class PendingManifests: Sendable {
    private struct State {
        var manifests: [RepositoryKey: [Digest: Manifest]] = [:]
        var waiters: [RepositoryKey: [CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.manifests.isEmpty } }

    func find(_ digest: Digest, in key: RepositoryKey) -> Manifest? {
        state.withLock { $0.manifests[key]?[digest] }
    }

    func add(_ fetched: FetchedManifest, in key: RepositoryKey) {
        state.withLock { $0.manifests[key, default: [:]][fetched.digest] = fetched.manifest }
    }

    func remove(_ digest: Digest, in key: RepositoryKey) {
        let waiters = state.withLock { state in
            state.manifests[key]?[digest] = nil
            if state.manifests[key]?.isEmpty == true { state.manifests[key] = nil }
            return state.waiters.removeValue(forKey: key) ?? []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when those of a repository that are on their way now are in the index, with the
    /// tags that they were fetched by, or could not be kept.
    func settle(in key: RepositoryKey) async {
        let digests = state.withLock { $0.manifests[key].map { Array($0.keys) } ?? [] }
        for digest in digests {
            while find(digest, in: key) != nil { await removal(of: digest, in: key) }
        }
    }

    private func removal(of digest: Digest, in key: RepositoryKey) async {
        await withCheckedContinuation { waiter in
            let isGone = state.withLock { state in
                guard state.manifests[key]?[digest] != nil else { return true }
                state.waiters[key, default: []].append(waiter)
                return false
            }
            if isGone { waiter.resume() }
        }
    }
}

/// One upstream GET per reference, however many ask.
struct ManifestFetching: Sendable {
    let services: PullServices
    let target: PullTarget

    private static let maximumExtraTypes = 8

    /// - Returns: the manifest, and whether this call fetched it rather than another that ran.
    func fetch(
        _ reference: Reference, accept: [MediaType]
    ) async throws -> (manifest: FetchedManifest, isLeader: Bool) {
        let key = ManifestFetchKey(
            repository: target.key, reader: target.reader, reference: reference,
            accept: Self.extraTypes(accept))
        let flight = try await services.manifestFetches.value(for: key) {
            let question = MissingQuestion(
                target, .manifest(reference), isHead: false, accept: key.accept)
            let fetched = try await services.unlessMissing(question) {
                try await request(reference, accept: key.accept)
            }
            services.pendingManifests.add(fetched, in: target.key)
            return fetched
        } afterwards: { fetched in
            await keep(fetched, for: reference)
        }
        return (flight.value, flight.isLeader)
    }

    /// One upstream GET for this caller alone, of which nothing is kept.
    func fetchUnkept(_ reference: Reference, accept: [MediaType]) async throws -> FetchedManifest {
        try await request(reference, accept: Self.extraTypes(accept))
    }

    private static func extraTypes(_ accept: [MediaType]) -> [MediaType] {
        Array(accept.filter { !MediaType.manifestTypes.contains($0) }.prefix(maximumExtraTypes))
    }

    private func request(_ reference: Reference, accept: [MediaType]) async throws
        -> FetchedManifest
    {
        let response = try await target.registry.client.manifest(
            target.key.repository, reference, accept: accept
        ) { bytes, digest in
            ContentHasher.digest(of: bytes, digest.algorithm) == digest
        }
        let fetched = try verified(
            response.bytes, announced: response.digest, mediaType: response.mediaType, reference)
        services.store.recordFetched(Int64(response.bytes.count), for: target.key)
        return fetched
    }

    /// Takes in what a HEAD that had to become a GET brought along.
    func adopt(_ head: ManifestHead, _ bytes: [UInt8], for reference: Reference) async throws
        -> FetchedManifest
    {
        let fetched = try verified(
            bytes, announced: head.digest, mediaType: head.mediaType, reference)
        await keep(fetched, for: reference)
        return fetched
    }

    /// The digest asked for, else the one announced, must be the bytes' own (R4).
    func verified(
        _ bytes: [UInt8], announced: Digest?, mediaType: MediaType?, _ reference: Reference
    ) throws -> FetchedManifest {
        let wanted: Digest? =
            switch reference {
            case .digest(let digest): digest
            case .tag: announced
            }
        let found = ContentHasher.digest(of: bytes, wanted?.algorithm ?? .sha256)
        if let wanted, wanted != found {
            throw RegistryError.wrongDigest(found, insteadOf: wanted, from: target.registry.name)
        }
        do {
            let manifest = try Manifest(bytes: bytes, contentType: mediaType)
            return FetchedManifest(manifest: manifest, digest: found)
        } catch {
            throw RegistryError(
                error.code, "\(target.registry.name): \(error.message)", detail: error.detail,
                status: 503)
        }
    }

    private func keep(_ fetched: FetchedManifest, for reference: Reference) async {
        do {
            try await services.store.put(
                fetched.manifest, digest: fetched.digest, upstream: target.key.upstream)
            switch reference {
            case .tag(let tag):
                try await services.store.recordTag(tag, in: target.key, is: fetched.digest)
            case .digest:
                try await services.store.recordProof(of: fetched.digest, in: target.key)
            }
        } catch {
            services.logger.error(
                "a manifest could not be kept",
                metadata: ["digest": "\(fetched.digest)", "error": "\(error)"])
        }
        services.pendingManifests.remove(fetched.digest, in: target.key)
    }
}
