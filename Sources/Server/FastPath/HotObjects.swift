/// Requests that were answered as hits, to be answered again on the event loop
/// (docs/fast-path.md).

import CacheStore
import OCI
import Synchronization

/// Filled by the normal path, emptied by whatever changes the store: precisely, before the
/// change is reported as done.
final class HotObjects: Sendable {
    /// Larger manifests are for the normal path.
    static let maximumManifestBytes = 64 * 1024

    /// When the look-ups began that an entry rests on.
    struct Ticket: Sendable {
        fileprivate let sequence: UInt64
    }

    private final class Part: Sendable {
        let shard: Mutex<HotShard>

        init(_ limits: HotLimits) { shard = Mutex(HotShard(limits: limits)) }
    }

    private static let parts = 8

    /// Grows with every change that may concern an entry.
    private let sequence = Atomic<UInt64>(0)
    private let enabled = Atomic(true)
    private let answers = Atomic(0)
    private let undecodedAnswers = Atomic(0)
    private let parts: [Part]

    /// - Parameter limits: of all parts together.
    init(limits: HotLimits = .default) {
        let share = HotLimits(
            entries: max(1, limits.entries / Self.parts), bytes: limits.bytes / Self.parts,
            files: max(1, limits.files / Self.parts))
        parts = (0..<Self.parts).map { _ in Part(share) }
    }

    /// Turned off, it holds nothing and takes nothing.
    var isEnabled: Bool {
        get { enabled.load(ordering: .relaxed) }
        set {
            enabled.store(newValue, ordering: .sequentiallyConsistent)
            if !newValue { everythingChanged() }
        }
    }

    /// To be taken before anything is looked up.
    var ticket: Ticket { Ticket(sequence: sequence.load(ordering: .sequentiallyConsistent)) }

    func find(_ request: HotRequest) -> HotObject? {
        let object = part(of: request.key).shard.withLock { $0.find(request) }
        if let object, !object.isUsed.load(ordering: .relaxed) {
            object.isUsed.store(true, ordering: .relaxed)
        }
        return object
    }

    /// Does nothing where something changed since the ticket was taken.
    func add(_ object: HotObject, for key: HotKey, accept: [String], _ ticket: Ticket) {
        guard isEnabled else { return }
        part(of: key).shard.withLock { shard in
            // A change raises the sequence before it goes through the parts: either it is seen
            // here, or it comes to this part later.
            guard sequence.load(ordering: .sequentiallyConsistent) == ticket.sequence else {
                return
            }
            shard.add(object, for: key, accept: accept)
        }
    }

    /// Requests answered on the event loop so far.
    var answered: Int { answers.load(ordering: .relaxed) }

    /// Those of them to heads that were known.
    var answeredUndecoded: Int { undecodedAnswers.load(ordering: .relaxed) }

    func countUndecodedAnswer() { undecodedAnswers.add(1, ordering: .relaxed) }

    func countAnswer() { answers.add(1, ordering: .relaxed) }

    var count: Int { parts.reduce(0) { sum, part in sum + part.shard.withLock { $0.count } } }

    private func part(of key: HotKey) -> Part {
        parts[Int(UInt(bitPattern: key.hash) % UInt(Self.parts))]
    }

    private func change(_ body: (inout HotShard) -> Void) {
        sequence.add(1, ordering: .sequentiallyConsistent)
        for part in parts { part.shard.withLock { body(&$0) } }
    }
}

extension HotObjects: StoreObserver {
    func contentChanged(_ digests: Set<Digest>) {
        change { shard in
            for digest in digests { shard.drop(.digest(digest)) }
            shard.drop(.references)
        }
    }

    func tagChanged(_ tag: Tag, in key: RepositoryKey) {
        change { $0.drop(.tag(tag, key)) }
    }

    func everythingChanged() {
        change { $0.dropAll() }
    }
}

extension HotLimits {
    /// Of the descriptors that the process may have, a part: each file kept open takes one and
    /// one more for every event loop that sends it.
    static var `default`: HotLimits {
        HotLimits(
            entries: 16_384, bytes: 8 << 20, files: min(DescriptorLimit.current / 16, 512))
    }
}
