/// Decides what goes: a pure function from the coldest rows to victims, with the reasons.

import OCI

/// Why something was evicted.
package enum EvictionReason: String, Sendable, CaseIterable {
    /// `cache.max_size` or the low watermark.
    case budget
    /// `cache.min_free`.
    case freeSpace = "free_space"
    /// `max_size` of its upstream.
    case upstreamBudget = "upstream_budget"
    /// `eviction.max_unused`.
    case unused
    /// An administrator asked for so much room.
    case requested
    /// An administrator asked for it to go.
    case purged
    /// Its bytes were not its digest's any more.
    case damaged
}

/// A file that may go, as the index has it.
struct EvictableBlob: Hashable, Sendable {
    let id: Int64
    let digest: Digest
    /// Bytes on the disk.
    let diskSize: Int64
    let inode: Int64
    /// Unix seconds of its own last access.
    let accessedAt: Int64
}

/// A manifest at the cold end, with what it refers to and what is known of it.
struct ImageCandidate: Sendable {
    /// A config or layer that is in the store.
    struct Part: Hashable, Sendable {
        let blob: EvictableBlob
        /// Other manifests in the store that refer to it as config or layer.
        let otherReferrers: Set<Int64>
    }

    /// An index in the store that lists it.
    struct Listing: Hashable, Sendable {
        let index: Digest
        /// Its rank, Unix seconds.
        let usedAt: Int64
    }

    let manifest: EvictableBlob
    /// A lower bound of the rank, Unix seconds.
    var usedAt: Int64
    let listings: [Listing]
    let parts: [Part]
    /// Where it is known, with its tags there and those of the indexes that list it.
    let names: [ImageName]
}

/// A repository, `docker.io/library/alpine`, and tags of it.
package struct ImageName: Hashable, Sendable {
    package let repository: String
    package let tags: [String]

    /// With its first tag, as people write it.
    package var description: String {
        tags.first.map { "\(repository):\($0)" } ?? repository
    }
}

enum EvictionCandidate: Sendable {
    case image(ImageCandidate)
    case orphan(EvictableBlob)

    /// Unix seconds.
    var rank: Int64 {
        switch self {
        case .image(let image): image.usedAt
        case .orphan(let blob): blob.accessedAt
        }
    }
}

/// The coldest rows of the index.
struct EvictionCandidates: Sendable {
    /// In the order of their rank, from the coldest on.
    var coldest: [EvictionCandidate]
    /// Whether there are no others.
    let isAll: Bool
}

package struct EvictionVictim: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case manifest, blob, orphan
    }

    let blob: EvictableBlob
    package let kind: Kind
    /// The image that it went with.
    package let name: String?
    /// The rank of that image, Unix seconds.
    package let lastUsed: Int64

    package var digest: Digest { blob.digest }
    package var diskSize: Int64 { blob.diskSize }
}

struct EvictionPlan: Sendable {
    /// Ids of manifests and orphans whose rank turned out to be this, in Unix seconds.
    var raised: [(id: Int64, to: Int64)] = []
    var victims: [EvictionVictim] = []
    /// Bytes on the disk.
    var freed: Int64 = 0
    var gone: Set<Int64> = []
}

/// The rules of docs/budget.md, "Recency" and "A plan".
struct EvictionPlanner: Sendable {
    /// Unix seconds.
    let now: Int64
    let platformWindow: Int64
    /// Nothing of this rank or a later one is evicted.
    let end: Int64
    let pins: [ImagePattern]
    let isInUse: @Sendable (Digest) -> Bool

    /// A candidate whose rank turns out too low takes its new place among the others, unless
    /// rows that are not among them may be colder than that.
    ///
    /// - Parameter needed: bytes on the disk; the plan ends when it frees them.
    func plan(_ candidates: EvictionCandidates, needed: Int64) -> EvictionPlan {
        var plan = EvictionPlan()
        let last = candidates.coldest.last?.rank ?? end
        let horizon = candidates.isAll ? end - 1 : min(last, end - 1)
        var queue = candidates.coldest[...]
        while plan.freed < needed, let next = queue.popFirst(), next.rank < end {
            switch next {
            case .orphan(let blob): decide(blob, &plan)
            case .image(var image):
                let rank = rank(of: image, without: plan.gone)
                guard rank > image.usedAt else {
                    evict(image, &plan)
                    continue
                }
                plan.raised.append((image.manifest.id, rank))
                image.usedAt = rank
                guard rank <= horizon else { continue }
                let place = queue.firstIndex { $0.rank > rank } ?? queue.endIndex
                queue.insert(.image(image), at: place)
            }
        }
        return plan
    }

    private func evict(_ image: ImageCandidate, _ plan: inout EvictionPlan) {
        plan.gone.insert(image.manifest.id)
        let name = image.names.first?.description
        func add(_ blob: EvictableBlob, _ kind: EvictionVictim.Kind) {
            plan.victims.append(
                EvictionVictim(blob: blob, kind: kind, name: name, lastUsed: image.usedAt))
            plan.freed += blob.diskSize
        }
        add(image.manifest, .manifest)
        for blob in image.exclusiveBlobs(without: plan.gone) where !isKept(blob.digest) {
            add(blob, .blob)
        }
    }

    private func decide(_ blob: EvictableBlob, _ plan: inout EvictionPlan) {
        guard !isKept(blob.digest) else {
            plan.raised.append((blob.id, now))
            return
        }
        plan.victims.append(
            EvictionVictim(blob: blob, kind: .orphan, name: nil, lastUsed: blob.accessedAt))
        plan.freed += blob.diskSize
    }

    /// The true rank; now for what is pinned or being sent.
    private func rank(of image: ImageCandidate, without gone: Set<Int64>) -> Int64 {
        if isPinned(image) || isInUse(image.manifest.digest) { return now }
        let exclusive = image.exclusiveBlobs(without: gone)
        if exclusive.contains(where: { isInUse($0.digest) }) { return now }
        let isWanted = now - image.manifest.accessedAt <= platformWindow
        let listed = isWanted ? image.listings.map(\.usedAt) : []
        let times = [image.manifest.accessedAt] + listed + exclusive.map(\.accessedAt)
        return min(now, times.reduce(.min, max))
    }

    private func isPinned(_ image: ImageCandidate) -> Bool {
        pins.contains { pin in
            pin.names(image.manifest.digest)
                || image.listings.contains { pin.names($0.index) }
                || image.names.contains {
                    pin.matches(
                        image.manifest.digest, repository: $0.repository, tags: $0.tags)
                }
        }
    }

    private func isKept(_ digest: Digest) -> Bool {
        isInUse(digest) || pins.contains { $0.names(digest) }
    }
}

extension ImageCandidate {
    /// What no manifest in the store needs but this one, once those of `gone` have left.
    fileprivate func exclusiveBlobs(without gone: Set<Int64>) -> [EvictableBlob] {
        parts.filter { $0.otherReferrers.isSubset(of: gone) }.map(\.blob)
    }
}

extension ImagePattern {
    fileprivate func names(_ digest: Digest) -> Bool { self == .digest(digest) }
}
