/// Pulls where nothing is cached (`cache.enabled: false`): each asks the upstream, and what comes
/// is verified and forgotten.

import CacheStore
import OCI
import Upstream

extension ManifestPull {
    func passedOn(_ reference: Reference) async throws -> FoundManifest {
        let outcome = CacheOutcome.uncached(upstreamStatus: 200)
        if !needsBody, let found = try await passedOnHead(reference, outcome) { return found }
        let fetched = try await fetching.fetchUnkept(reference, accept: accepted.explicit)
        return FoundManifest(fetched, outcome: outcome)
    }

    /// Nil where the upstream's answer to HEAD leaves something out.
    private func passedOnHead(
        _ reference: Reference, _ outcome: CacheOutcome
    ) async throws -> FoundManifest? {
        let head = try await target.registry.client.headManifest(
            target.key.repository, reference, accept: accepted.explicit)
        if let bytes = head.body {
            let fetched = try fetching.verified(
                bytes, announced: head.digest, mediaType: head.mediaType, reference)
            return FoundManifest(fetched, outcome: outcome)
        }
        let asked: Digest? = if case .digest(let digest) = reference { digest } else { nil }
        guard let digest = asked ?? head.digest else { return nil }
        return FoundManifest(head, ResolvedTag(digest: digest, outcome: outcome, head: head))
    }
}

extension BlobPull {
    /// - Parameter isPartial: whether ranges of it are sent: then the size alone is asked for
    ///   before the answer's head.
    func passedOn(isPartial: Bool) async throws -> FoundBlob {
        let settings = services.configuration.fill
        let download = ResumingDownload(
            target: target, digest: digest, attempts: settings.resumeAttempts,
            store: services.store, logger: services.logger)
        var first: BlobResponse?
        var length: Int64?
        if isPartial, let size = try await sizeUnlessHandedOver() {
            length = size
        } else {
            let response = try await download.request(from: 0, canHandOver: true)
            if case .whole(let announced) = response.kind { length = announced }
            first = response
        }
        return FoundBlob(
            source: .uncached(UncachedBlob(download, length: length, first: first)), fill: nil,
            outcome: .uncached(upstreamStatus: 200))
    }

    /// Nil where HEAD is sent elsewhere, by a link that GET cannot use.
    private func sizeUnlessHandedOver() async throws -> Int64? {
        do {
            return try await target.registry.client.headBlob(
                target.key.repository, digest, canHandOver: true
            ).size
        } catch is HandedOver {
            return nil
        }
    }
}
