/// The endpoints of one repository, each from its pull to its answer.

import CacheStore
import HTTPTypes
import Hummingbird
import OCI
import Upstream

struct RegistryPulls: Sendable {
    let services: PullServices
    let target: PullTarget
    let request: Request
    let path: RequestTarget
    let filling: HotFilling

    private var isHead: Bool { request.method == .head }
    private var conditions: ContentConditions { ContentConditions(request.headers) }

    /// - Throws: `RegistryError` with the code and status that clients expect.
    func answer(_ endpoint: RegistryRoute.Endpoint) async throws -> Answer {
        switch endpoint {
        case .manifest(_, let reference):
            return try await describing(.manifest, reference.digest) {
                try await manifest(reference)
            }
        case .blob(_, let digest):
            return try await describing(.blob, digest) {
                do {
                    return try await blob(digest)
                } catch let redirect as HandedOver {
                    return Answer(redirect, insteadOf: digest)
                }
            }
        case .tags:
            return try await describing(.tags) { try await listings.tags(path) }
        case .referrers(_, let digest):
            return try await describing(.referrers) {
                try await listings.referrers(digest, path)
            }
        case .uploads, .base, .catalog:
            throw RegistryError(.unsupported, "Larder is a read-only cache", status: 404)
        }
    }

    private var listings: ListingPull { ListingPull(services: services, target: target) }

    /// - Parameter digest: of what is asked for, where a copy of that may be in the store.
    private func describing(
        _ subject: PullSubject, _ digest: Digest? = nil, _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body()
        } catch let error as UpstreamError {
            throw RegistryError(
                error, asking: subject, isCached: await isCached(digest),
                failingSince: target.failingSince)
        } catch let failure as FillFailure {
            throw RegistryError(
                .unavailable, "\(target.registry.name) broke the download off",
                detail: ["upstream": target.registry.name, "reason": "\(failure)"])
        }
    }

    /// Another repository's copy is not told of (R63).
    private func isCached(_ digest: Digest?) async -> Bool {
        guard let digest else { return false }
        return (try? await services.knowledge(of: digest, for: target))?.isServable
            ?? false
    }

    private func manifest(_ reference: Reference) async throws -> Answer {
        let accepted = AcceptedTypes(headerValues: request.headers[values: .accept])
        let pull = ManifestPull(
            services: services, target: target, accepted: accepted, needsBody: !isHead)
        let found = try await pull.find(reference)
        filling.keep(found, asked: reference, of: target)
        let answers = ContentAnswers(
            digest: found.digest, mediaType: found.mediaType.rawValue, conditions: conditions,
            outcome: found.outcome, freshness: found.freshness)
        guard !isHead, let bytes = found.bytes else { return answers.head(size: found.size) }
        return answers.manifest(bytes)
    }

    private func blob(_ digest: Digest) async throws -> Answer {
        let pull = BlobPull(services: services, target: target, digest: digest)
        if isHead {
            if let stored = try await pull.storedForHead() {
                filling.keep(stored, digest, of: target, in: services.store)
                return answers(digest, stored.outcome).head(size: stored.source.length)
            }
            let (size, outcome) = try await pull.size()
            return answers(digest, outcome).head(size: size)
        }
        let found = try await pull.content(isPartial: conditions.range != nil)
        filling.keep(found, digest, of: target, in: services.store)
        let answer = answers(digest, found.outcome).blob(found.source)
        if let fill = found.fill, case .file(_, let reader?) = found.source,
            case .blob(let blob) = answer.body
        {
            reader.fetchAhead(blob.parts.map(\.span), of: fill)
        }
        return answer
    }

    private func answers(_ digest: Digest, _ outcome: CacheOutcome) -> ContentAnswers {
        ContentAnswers(
            digest: digest, mediaType: MediaType.octetStream.rawValue, conditions: conditions,
            outcome: outcome)
    }
}
