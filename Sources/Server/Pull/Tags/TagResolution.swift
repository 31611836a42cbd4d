/// Which digest a tag names, by the index while that is fresh, else by the upstream.

import CacheStore
import Logging
import OCI
import Upstream

struct TagKey: Hashable, Sendable {
    let repository: RepositoryKey
    let tag: Tag
}

/// A question about a tag that is under way.
struct TagHeadKey: Hashable, Sendable {
    private let tag: TagKey
    private let reader: Reader

    init(_ tag: TagKey, for reader: Reader) {
        (self.tag, self.reader) = (tag, reader)
    }
}

/// What the upstream answered about a tag.
struct TagAnswer: Sendable {
    let digest: Digest
    let head: ManifestHead
    /// Whether the index has it: all but a move, which waits for the manifest it leads to.
    let isRecorded: Bool
}

/// What is known of a tag without asking.
struct KnownTag: Sendable {
    let record: TagRecord
    let verified: VerifiedTag
    let freshness: TagFreshness
    /// The upstream refused it when it was asked last.
    let isRefused: Bool
}

struct ResolvedTag: Sendable {
    let digest: Digest
    let outcome: CacheOutcome
    var freshness: TagFreshness?
    /// The upstream's answer, where it was asked just now.
    var head: ManifestHead?
    /// The upstream names another digest than before, and the index does not say so yet.
    var isMoved = false
}

/// A tag that moved is recorded once its manifest is here: until then, what it named before is
/// served where the upstream cannot be had.
struct TagResolution: Sendable {
    let services: PullServices
    let target: PullTarget

    /// The tag by the index alone; nil where it is not there.
    func known(_ tag: Tag) async throws -> KnownTag? {
        guard let record = try await services.store.tag(tag, in: target.key) else { return nil }
        let verified = VerifiedTag(verifiedAt: record.verifiedAt, policy: policy(of: tag))
        return KnownTag(
            record: record, verified: verified,
            freshness: verified.freshness(at: services.store.clock.now()),
            isRefused: services.tagVerifications.isRefused(key(of: tag)))
    }

    func justVerified(_ tag: Tag) -> TagFreshness { TagFreshness(justVerified: policy(of: tag)) }

    private func policy(of tag: Tag) -> TagPolicy {
        TagPolicies(settings: services.configuration.tags).policy(for: tag, in: target.key)
    }

    private func key(of tag: Tag) -> TagKey { TagKey(repository: target.key, tag: tag) }

    // MARK: Verifying

    /// Asks the upstream by HEAD, which registries do not count as a pull (R60).
    ///
    /// Where it cannot answer, the digest it named last is served as stale, within
    /// `tags.stale_if_error`; never after 401, 403 or 404 (R50–R53).
    func verify(_ tag: Tag, _ known: KnownTag?) async throws -> ResolvedTag {
        do {
            let (answer, isLeader) = try await ask(tag, known?.record)
            let outcome: CacheOutcome =
                known == nil
                ? .miss(upstreamStatus: 200)
                : .revalidated(upstreamStatus: 200, isCollapsed: !isLeader)
            return ResolvedTag(
                digest: answer.digest, outcome: outcome, freshness: justVerified(tag),
                head: answer.head, isMoved: !answer.isRecorded)
        } catch let error as UpstreamError {
            guard let stale = stale(known, after: error) else { throw error }
            return stale
        }
    }

    /// What was known before, where that may stand in for what the upstream does not say. Of an
    /// upstream that is offline it may at any age: an operator wants it so.
    func stale(_ known: KnownTag?, after error: UpstreamError) -> ResolvedTag? {
        guard error.isUnavailable, let known, !known.isRefused,
            known.freshness.state != .expired || error.kind == .offline
        else { return nil }
        return ResolvedTag(
            digest: known.record.digest,
            outcome: .stale(
                reason: error.shortDescription, upstreamStatus: error.upstreamStatus,
                isForwarded: error.isForwarded),
            freshness: known.freshness)
    }

    /// What was known before, where what the tag names now would cost one of the few pulls that
    /// its registry still allows (`rate_limit.reserve`, R59).
    func staleToSpareLimit(_ known: KnownTag) -> ResolvedTag? {
        guard target.registry.client.prefersStale, !known.isRefused,
            known.freshness.state != .expired
        else { return nil }
        return ResolvedTag(
            digest: known.record.digest,
            outcome: .stale(reason: "rate_limit_reserve", upstreamStatus: 200),
            freshness: known.freshness)
    }

    /// One HEAD, however many ask.
    ///
    /// - Parameter record: what the index has; a digest that differs from it is not recorded.
    func ask(_ tag: Tag, _ record: TagRecord?) async throws -> (answer: TagAnswer, isLeader: Bool) {
        let key = key(of: tag)
        let flight = try await services.tagHeads.value(for: TagHeadKey(key, for: target.reader)) {
            do {
                let answer = try await head(tag, record)
                services.tagVerifications.accept(key)
                return answer
            } catch let error as UpstreamError {
                await refused(tag, error)
                throw error
            }
        }
        return (flight.value, flight.isLeader)
    }

    private func head(_ tag: Tag, _ record: TagRecord?) async throws -> TagAnswer {
        let question = MissingQuestion(target, .manifest(.tag(tag)), isHead: true)
        let head = try await services.unlessMissing(question) {
            try await target.registry.client.headManifest(target.key.repository, .tag(tag))
        }
        if let bytes = head.body {
            let fetched = try await ManifestFetching(services: services, target: target)
                .adopt(head, bytes, for: .tag(tag))
            return TagAnswer(digest: fetched.digest, head: head, isRecorded: true)
        }
        guard let digest = head.digest else {
            throw UpstreamError(
                upstream: target.registry.name, kind: .malformed,
                message: "the answer to HEAD names no digest")
        }
        let isMoved = record.map { $0.digest != digest } ?? false
        if !isMoved { await self.record(tag, digest) }
        return TagAnswer(digest: digest, head: head, isRecorded: !isMoved)
    }

    func record(_ tag: Tag, _ digest: Digest) async {
        await services.store.remember { try await $0.recordTag(tag, in: target.key, is: digest) }
    }

    /// A tag that is gone upstream is gone here, so that it is not served later either.
    private func refused(_ tag: Tag, _ error: UpstreamError) async {
        switch error.kind {
        case .status(404):
            await services.store.remember { try await $0.forgetTag(tag, in: target.key) }
        case .status(401), .status(403), .refusedRealm:
            // What one reader may not read says nothing of the others.
            guard target.reader == .everyone else { return }
            services.tagVerifications.refuse(key(of: tag))
            services.store.changes.tag(tag, in: target.key)
        default: break
        }
    }

    // MARK: Behind the answer

    /// Verifies a tag that is served meanwhile, and fetches what it names now. A failure leaves
    /// what is known as it is.
    func renewInBackground(_ tag: Tag, _ known: KnownTag) {
        services.tagVerifications.start(key(of: tag)) {
            do {
                try await renew(tag, known)
            } catch {
                services.logger.info(
                    "a tag could not be verified",
                    metadata: ["repository": "\(target.key)", "tag": "\(tag)", "error": "\(error)"])
            }
        }
    }

    private func renew(_ tag: Tag, _ known: KnownTag) async throws {
        let answer = try await ask(tag, known.record).answer
        guard !answer.isRecorded else { return }
        if try await !isHere(answer.digest) {
            guard !target.registry.client.prefersStale else { return }
            _ = try await ManifestFetching(services: services, target: target)
                .fetch(.digest(answer.digest), accept: [])
        }
        await record(tag, answer.digest)
    }

    /// Whether a manifest can be served without asking the upstream for its bytes.
    func isHere(_ digest: Digest) async throws -> Bool {
        if services.pendingManifests.find(digest, in: target.key) != nil { return true }
        return try await services.knowledge(of: digest, for: target).blob?.manifest != nil
    }
}
