/// Which digest a tag names, by the index while that is fresh, else by the upstream.

import CacheStore
import OCI
import Upstream

struct TagKey: Hashable, Sendable {
    let repository: RepositoryKey
    let tag: Tag
}

/// What the upstream answered about a tag.
struct TagAnswer: Sendable {
    let digest: Digest
    let head: ManifestHead
}

struct ResolvedTag: Sendable {
    let digest: Digest
    let outcome: CacheOutcome
    /// The upstream's answer, where it was asked just now.
    let head: ManifestHead?
}

struct TagResolution: Sendable {
    let services: PullServices
    let target: PullTarget

    /// The tag by the index alone, where it was verified less than `tags.fresh_for` ago. A
    /// time of verification in the future, from a clock that was set back, is not fresh (R49).
    func fresh(_ tag: Tag) async throws -> (record: TagRecord?, isFresh: Bool) {
        guard let record = try await services.store.tag(tag, in: target.key) else {
            return (nil, false)
        }
        let age = services.store.clock.now() - record.verifiedAt
        let limit = services.configuration.tags.freshFor.components.seconds
        return (record, age >= 0 && age < max(limit, 0))
    }

    /// Asks the upstream by HEAD, which registries do not count as a pull (R60).
    ///
    /// Where it cannot answer, the digest it named last is served as stale; never after 401,
    /// 403 or 404 (R50–R52).
    func verify(_ tag: Tag, record: TagRecord?) async throws -> ResolvedTag {
        do {
            let answer = try await head(tag)
            let isKnown = record?.digest == answer.digest
            return ResolvedTag(
                digest: answer.digest,
                outcome: isKnown ? .revalidated(upstreamStatus: 200) : .miss(upstreamStatus: 200),
                head: answer.head)
        } catch let error as UpstreamError where error.isUnavailable {
            guard let record else { throw error }
            return ResolvedTag(
                digest: record.digest,
                outcome: .stale(
                    reason: error.shortDescription, upstreamStatus: error.upstreamStatus),
                head: nil)
        }
    }

    private func head(_ tag: Tag) async throws -> TagAnswer {
        let key = TagKey(repository: target.key, tag: tag)
        return try await services.tagHeads.value(for: key) {
            let head = try await target.registry.client.headManifest(
                target.key.repository, .tag(tag))
            if let bytes = head.body {
                let fetched = try await ManifestFetching(services: services, target: target)
                    .adopt(head, bytes, for: .tag(tag))
                return TagAnswer(digest: fetched.digest, head: head)
            }
            guard let digest = head.digest else {
                throw UpstreamError(
                    upstream: target.registry.name, kind: .malformed,
                    message: "the answer to HEAD names no digest")
            }
            await services.store.remember {
                try await $0.recordTag(tag, in: target.key, is: digest)
            }
            return TagAnswer(digest: digest, head: head)
        }.value
    }
}
