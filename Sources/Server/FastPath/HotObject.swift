/// One answer that the normal path gave as a hit, ready to be given again.

import CacheStore
import HTTPTypes
import OCI
import Synchronization

/// What an answer from the store rests on.
struct HitBasis: Sendable {
    /// Whether this repository's upstream itself answered 200 for the digest; otherwise a
    /// manifest that was proven here refers to it.
    let isProven: Bool
    /// Nil for a request by digest.
    var tag: VerifiedTag?
}

/// The seconds for which an answer is rendered.
struct Moment: Sendable, Equatable {
    /// Unix seconds, for `Date`.
    let wall: Int64
    /// Seconds of the store's clock, for freshness.
    let store: Int64
}

final class HotObject: Sendable {
    enum Content: Sendable {
        case manifest([UInt8])
        case blob(HotFile)
    }

    let asked: AskedContent
    let digest: Digest
    let content: Content
    let basis: HitBasis
    let terms: AccessTerms
    private let mediaType: String
    private let etag: String
    private let namespace: String?
    /// Whether it was asked for since the map was last swept.
    let isUsed = Atomic(true)

    /// Answers that are given often: the whole, or that the client has it; each to GET and HEAD.
    private struct Plain {
        static let count = 4

        let isHead: Bool
        let isUnchanged: Bool

        var index: Int { (isHead ? 1 : 0) + (isUnchanged ? 2 : 0) }
    }

    /// What was rendered in the current second.
    private struct Rendered {
        private var moment: Moment?
        var plain: [FastAnswer?] = Array(repeating: nil, count: Plain.count)
        var part: PartHead?

        mutating func turn(to moment: Moment) {
            if self.moment != moment { self = Rendered(moment: moment) }
        }
    }

    private let rendered = Mutex(Rendered())

    init(
        _ asked: AskedContent, namespace: String?, digest: Digest, mediaType: String,
        content: Content, basis: HitBasis, terms: AccessTerms
    ) {
        self.asked = asked
        self.namespace = namespace
        self.digest = digest
        self.mediaType = mediaType
        etag = ContentConditions.etag(digest)
        self.content = content
        self.basis = basis
        self.terms = terms
    }

    var size: Int64 {
        switch content {
        case .manifest(let bytes): Int64(bytes.count)
        case .blob(let file): file.size
        }
    }

    /// Bytes held in memory.
    var bytesInMemory: Int {
        if case .manifest(let bytes) = content { bytes.count } else { 0 }
    }

    var isBlob: Bool {
        if case .blob = content { true } else { false }
    }

    func isFresh(at moment: Moment) -> Bool {
        basis.tag.map { $0.freshness(at: moment.store).state == .fresh } ?? true
    }

    /// For one download of a blob; nil for a manifest.
    /// - Throws: `FileChanged` where the file is no longer the one that was verified.
    func lease() throws(FileChanged) -> OpenFiles.Lease? {
        guard case .blob(let file) = content else { return nil }
        guard let lease = file.lease() else { throw FileChanged() }
        return lease
    }

    struct FileChanged: Error {}

    /// Nil for what the normal path has to answer: several ranges, or one that cannot be
    /// satisfied.
    func answer(to request: HotRequest, at moment: Moment) -> FastAnswer? {
        if let plain = plain(request) { return answer(plain, at: moment) }
        if let range = onlyRange(of: request) {
            return partHead(at: moment)?.answer(with: range, of: size)
        }
        let conditions = ContentConditions(
            ifNoneMatch: request.ifNoneMatch, range: request.range, ifRange: nil)
        return FastAnswer(answer(isHead: request.isHead, conditions, at: moment), at: moment)
    }

    private func answer(_ plain: Plain, at moment: Moment) -> FastAnswer? {
        let kept = rendered.withLock { rendered in
            rendered.turn(to: moment)
            return rendered.plain[plain.index]
        }
        if let kept { return kept }
        let conditions = ContentConditions(
            ifNoneMatch: plain.isUnchanged ? [etag] : [], range: nil, ifRange: nil)
        let answer = answer(isHead: plain.isHead, conditions, at: moment)
        guard let next = FastAnswer(answer, at: moment) else { return nil }
        rendered.withLock { rendered in
            rendered.turn(to: moment)
            rendered.plain[plain.index] = next
        }
        return next
    }

    private func partHead(at moment: Moment) -> PartHead? {
        let kept = rendered.withLock { rendered in
            rendered.turn(to: moment)
            return rendered.part
        }
        if let kept { return kept }
        let first = ContentConditions(ifNoneMatch: [], range: "bytes=0-0", ifRange: nil)
        let next = PartHead(answer(isHead: false, first, at: moment), at: moment)
        rendered.withLock { rendered in
            rendered.turn(to: moment)
            rendered.part = next
        }
        return next
    }

    /// The bytes of a blob that a GET is about, where they are one satisfiable range.
    private func onlyRange(of request: HotRequest) -> Range<Int64>? {
        guard isBlob, !request.isHead, request.ifNoneMatch.isEmpty,
            let header = request.range.flatMap(RangeHeader.init),
            case .parts(let parts) = header.resolve(size: size), parts.count == 1
        else { return nil }
        return parts[0]
    }

    /// What is asked for, where it is asked in the simplest way.
    private func plain(_ request: HotRequest) -> Plain? {
        guard request.range == nil else { return nil }
        if request.ifNoneMatch.isEmpty { return Plain(isHead: request.isHead, isUnchanged: false) }
        guard request.ifNoneMatch.count == 1, request.ifNoneMatch[0] == etag else { return nil }
        return Plain(isHead: request.isHead, isUnchanged: true)
    }

    /// By the code of the normal path.
    private func answer(
        isHead: Bool, _ conditions: ContentConditions, at moment: Moment
    ) -> Answer {
        let answers = ContentAnswers(
            digest: digest, mediaType: mediaType, conditions: conditions, outcome: .hit,
            freshness: basis.tag?.freshness(at: moment.store))
        var answer =
            switch content {
            case _ where isHead: answers.head(size: size)
            case .manifest(let bytes): answers.manifest(bytes)
            case .blob(let file): answers.blob(.file(file.content, reader: nil))
            }
        if let namespace { answer.fields[.ociNamespace] = namespace }
        return answer
    }
}
