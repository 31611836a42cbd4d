/// Rows for the planner, written short: a blob of 1000 bytes for each number.
import OCI
import TestKit

@testable import CacheStore

/// A digest for a number.
func numbered(_ id: Int64) -> Digest { .sha256(of: Array("\(id)".utf8)) }

/// A planner's inputs with defaults.
struct Planning {
    var now: Int64 = 1000
    var window: Int64 = 100_000
    var end: Int64 = 1000
    var pins: [ImagePattern] = []
    var inUse: Set<Digest> = []

    func plan(
        _ candidates: [EvictionCandidate], isAll: Bool = true, needed: Int64
    ) -> EvictionPlan {
        let planner = EvictionPlanner(
            now: now, platformWindow: window, end: end, pins: pins,
            isInUse: { [inUse] in inUse.contains($0) })
        return planner.plan(
            EvictionCandidates(coldest: candidates, isAll: isAll), needed: needed)
    }
}

/// A config or layer.
struct PlannedPart {
    let id: Int64
    let accessedAt: Int64
    let sharedWith: Set<Int64>

    init(_ id: Int64, accessedAt: Int64 = 0, sharedWith: Set<Int64> = []) {
        (self.id, self.accessedAt, self.sharedWith) = (id, accessedAt, sharedWith)
    }
}

extension EvictableBlob {
    static func numbered(_ id: Int64, accessedAt: Int64) -> EvictableBlob {
        EvictableBlob(
            id: id, digest: CacheStoreTests.numbered(id), diskSize: 1000, inode: id,
            accessedAt: accessedAt)
    }
}

extension EvictionCandidate {
    /// - Parameter listedAt: the ranks of indexes that list it.
    static func image(
        _ id: Int64, usedAt: Int64, accessedAt: Int64 = 0, listedAt: [Int64] = [],
        indexes: [Int64] = [], parts: [PlannedPart] = [], names: [ImageName] = []
    ) -> EvictionCandidate {
        let listings = listedAt.enumerated().map { offset, time in
            ImageCandidate.Listing(
                index: numbered(offset < indexes.count ? indexes[offset] : -1 - Int64(offset)),
                usedAt: time)
        }
        return .image(
            ImageCandidate(
                manifest: .numbered(id, accessedAt: accessedAt), usedAt: usedAt,
                listings: listings,
                parts: parts.map { part in
                    .init(
                        blob: .numbered(part.id, accessedAt: part.accessedAt),
                        otherReferrers: part.sharedWith)
                },
                names: names))
    }

    static func orphan(_ id: Int64, accessedAt: Int64) -> EvictionCandidate {
        .orphan(.numbered(id, accessedAt: accessedAt))
    }
}
