/// From an answered request to what is counted of it.

import CacheStore
import HTTPTypes
import OCI

extension RequestRecord {
    /// Nil for what is no request to a repository.
    ///
    /// - Parameter bytes: of the body, handed to the kernel.
    init?(_ entry: AccessEntry, _ answer: AnswerSummary, bytes: Int64) {
        guard let asked = entry.asked, let subject = Subject(asked.endpoint, answer) else {
            return nil
        }
        self.init(
            client: entry.client, repository: asked.repository, subject: subject,
            isHead: entry.method == .head, startsAtZero: answer.startsAtZero,
            status: answer.status, result: Result(answer.outcome), bytes: bytes)
    }
}

extension RequestRecord.Subject {
    fileprivate init?(_ endpoint: RegistryRoute.Endpoint, _ answer: AnswerSummary) {
        switch endpoint {
        case .manifest(_, .tag(let tag)): self = .manifest(answer.digest, tag: tag)
        case .manifest(_, .digest): self = .manifest(answer.digest, tag: nil)
        case .blob(_, let digest): self = .blob(digest)
        case .tags, .referrers: self = .listing
        case .base, .catalog, .uploads: return nil
        }
    }
}

extension RequestRecord.Result {
    fileprivate init(_ outcome: CacheOutcome?) {
        switch outcome {
        case .hit, .revalidated: self = .hit
        case .miss, .uncached: self = .miss
        case .coalesced: self = .coalesced
        case .revalidating, .stale: self = .stale
        // Counted as a request alone: neither served nor fetched.
        case .handedOver, nil: self = .error
        }
    }
}
