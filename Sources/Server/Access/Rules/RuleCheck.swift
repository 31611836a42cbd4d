/// Judges a request by the rules and by the tags that lead to what it asks for.

import CacheStore
import OCI

struct RuleCheck: Sendable {
    let rules: AccessRules
    let services: PullServices

    /// The same by tag and by digest: what a tag leads to is judged by the tag (docs/rules.md).
    func decision(
        on endpoint: RegistryRoute.Endpoint, in key: RepositoryKey, by requester: Requester
    ) async throws -> AccessDecision {
        guard !rules.isEmpty else {
            return AccessDecision(rule: nil, tag: nil, isForEveryone: true)
        }
        let question = AccessQuestion(key, by: requester)
        switch endpoint {
        case .manifest(_, .tag(let tag)): return rules.decision(on: question, tags: [tag])
        case .manifest(_, .digest(let digest)), .blob(_, let digest):
            guard rules.lookAtTags(for: question) else {
                return rules.decision(on: question, tags: [])
            }
            return try await decision(on: question, digest)
        case .tags, .referrers, .uploads, .base, .catalog:
            return rules.decision(on: question, tags: [])
        }
    }

    /// A client asks by digest for what it was told of a moment ago by tag: manifests that are on
    /// their way into the index are waited for.
    private func decision(
        on question: AccessQuestion, _ digest: Digest
    ) async throws -> AccessDecision {
        await services.pendingManifests.settle(in: question.key)
        let tags = try await services.store.tags(leadingTo: digest, in: question.key)
        var decision = rules.decision(on: question, tags: tags)
        decision.restsOnKnownTags = true
        return decision
    }
}
