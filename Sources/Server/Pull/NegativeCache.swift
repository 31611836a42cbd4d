/// What an upstream answered 404 for, believed for some seconds (R61).

import CacheStore
import OCI
import Synchronization
import Upstream

/// What a 404 was about.
enum MissingSubject: Hashable, Sendable {
    case manifest(Reference)
    case blob(Digest)
}

/// A question as it was put to an upstream: an answer to another one says nothing about it.
struct MissingQuestion: Hashable, Sendable {
    fileprivate let repository: RepositoryKey
    fileprivate let subject: MissingSubject
    /// The answer to HEAD is not one to GET.
    private let isHead: Bool
    private let accept: [MediaType]
    private let asker: Asker
    fileprivate let upstream: String

    init(
        _ target: PullTarget, _ subject: MissingSubject, isHead: Bool, accept: [MediaType] = []
    ) {
        repository = target.key
        self.subject = subject
        self.isHead = isHead
        self.accept = accept
        asker = Asker(target)
        upstream = target.registry.name
    }
}

/// As whom it was put: what one is told says nothing about another (R61).
private enum Asker: Hashable, Sendable {
    /// Larder itself. Where its credentials change, the upstream gets another client.
    case larder(ObjectIdentifier)
    case reader(ReaderIdentity)

    init(_ target: PullTarget) {
        switch target.reader {
        case .everyone: self = .larder(ObjectIdentifier(target.registry.client))
        case .identity(let identity): self = .reader(identity)
        }
    }
}

/// Only 404 is remembered: 401, 403, 429 and 5xx say nothing of what there is. Bounded by
/// forgetting what has ended, and then all.
final class NegativeCache: Sendable {
    typealias Instant = ContinuousClock.Instant

    static let limit = 2000

    private let ends = Mutex<[MissingQuestion: Instant]>([:])

    /// - Throws: `UpstreamError` of 404 where the same question was answered so.
    func check(_ question: MissingQuestion, now: Instant = .now) throws(UpstreamError) {
        guard let end = ends.withLock({ $0[question] }), end > now else { return }
        throw UpstreamError(
            upstream: question.upstream, kind: .status(404),
            message: "\(question.upstream) answered 404 to the same some seconds ago")
    }

    func add(_ question: MissingQuestion, for lifetime: Duration, now: Instant = .now) {
        guard lifetime > .zero else { return }
        ends.withLock { ends in
            if ends.count >= Self.limit { ends = ends.filter { $0.value > now } }
            if ends.count >= Self.limit { ends = [:] }
            ends[question] = now + lifetime
        }
    }

    /// It is known now, whatever was answered before and however it was asked.
    func forget(_ subject: MissingSubject, in repository: RepositoryKey) {
        ends.withLock { ends in
            guard !ends.isEmpty else { return }
            ends = ends.filter { $0.key.subject != subject || $0.key.repository != repository }
        }
    }

    func removeAll() {
        ends.withLock { $0 = [:] }
    }

    var count: Int { ends.withLock { $0.count } }
}

extension PullServices {
    /// Asks, unless the answer was 404 less than `cache.negative_for` ago.
    func unlessMissing<Answer>(
        _ question: MissingQuestion, _ ask: () async throws -> Answer
    ) async throws -> Answer {
        try missing.check(question)
        do {
            let answer = try await ask()
            missing.forget(question.subject, in: question.repository)
            return answer
        } catch {
            note(error, question)
            throw error
        }
    }

    /// Remembers an error where it says that something does not exist.
    func note(_ error: any Error, _ question: MissingQuestion) {
        guard let error = error as? UpstreamError, error.kind == .status(404) else { return }
        missing.add(question, for: configuration.cache.negativeFor)
    }
}
