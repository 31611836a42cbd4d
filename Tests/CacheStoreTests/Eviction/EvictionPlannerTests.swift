/// Who goes and who stays, decided from rows alone.
import OCI
import TestKit
import Testing

@testable import CacheStore

struct EvictionPlannerTests {
    @Test("the coldest image goes first, with what only it refers to, until enough is freed")
    func coldestFirst() {
        let plan = Planning().plan(
            [
                .image(1, usedAt: 10, parts: [.init(11), .init(12)]),
                .image(2, usedAt: 20, parts: [.init(21)]), .image(3, usedAt: 30),
            ], needed: 4000)
        #expect(plan.victims.map(\.blob.id) == [1, 11, 12, 2, 21])
        #expect(plan.victims.map(\.kind) == [.manifest, .blob, .blob, .manifest, .blob])
        #expect(plan.victims.map(\.lastUsed) == [10, 10, 10, 20, 20])
        #expect(plan.freed == 5000)
        #expect(plan.raised.isEmpty)
    }

    @Test("nothing goes where nothing is needed")
    func nothingNeeded() {
        let plan = Planning().plan([.image(1, usedAt: 10)], needed: 0)
        #expect(plan.victims.isEmpty && plan.raised.isEmpty)
    }

    @Test("a shared layer stays with the image that is left, and goes with the last")
    func sharedLayers() {
        let first = EvictionCandidate.image(1, usedAt: 10, parts: [.init(9, sharedWith: [2])])
        let second = EvictionCandidate.image(2, usedAt: 20, parts: [.init(9, sharedWith: [1])])
        #expect(Planning().plan([first, second], needed: 1).victims.map(\.blob.id) == [1])
        #expect(
            Planning().plan([first, second], needed: 3000).victims.map(\.blob.id) == [1, 2, 9])
    }

    @Test("a layer that one referrer outside the plan needs stays")
    func outsideReferrer() {
        let plan = Planning().plan(
            [
                .image(1, usedAt: 10, parts: [.init(9, sharedWith: [2, 77])]),
                .image(2, usedAt: 20, parts: [.init(9, sharedWith: [1, 77])]),
            ], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [1, 2])
    }

    @Test("R23: the last access of an exclusive layer is the image's, of a shared one it is not")
    func layerAccess() {
        let used = Planning().plan(
            [.image(1, usedAt: 10, parts: [.init(11, accessedAt: 500)])], needed: .max)
        #expect(used.raised.map(\.to) == [500])
        #expect(used.victims.map(\.lastUsed) == [500, 500])
        let shared = Planning().plan(
            [.image(1, usedAt: 10, parts: [.init(11, accessedAt: 500, sharedWith: [2])])],
            needed: .max)
        #expect(shared.raised.isEmpty && shared.victims.map(\.blob.id) == [1])
    }

    @Test("R23: a shared layer that is in use by clients makes the last image with it as warm")
    func sharedLayerAccess() {
        let plan = Planning(end: 400).plan(
            [
                .image(1, usedAt: 10, parts: [.init(9, accessedAt: 500, sharedWith: [2])]),
                .image(2, usedAt: 20, parts: [.init(9, accessedAt: 500, sharedWith: [1])]),
            ], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [1])
        #expect(plan.raised.map(\.id) == [2])
        #expect(plan.raised.map(\.to) == [500])
    }

    @Test("an image whose rank was too low goes after those that are colder than it is")
    func reordering() {
        let plan = Planning().plan(
            [
                .image(1, usedAt: 10, parts: [.init(11, accessedAt: 25)]),
                .image(2, usedAt: 20), .image(3, usedAt: 30),
            ], needed: 1500)
        #expect(plan.victims.map(\.blob.id) == [2, 1, 11])
        #expect(plan.raised.map(\.to) == [25])
    }

    @Test("an image that may be warmer than rows outside the batch waits for the next one")
    func horizon() {
        let candidates: [EvictionCandidate] = [
            .image(1, usedAt: 10, parts: [.init(11, accessedAt: 25)]), .image(2, usedAt: 20),
        ]
        let part = Planning().plan(candidates, isAll: false, needed: .max)
        #expect(part.victims.map(\.blob.id) == [2])
        let all = Planning().plan(candidates, isAll: true, needed: .max)
        #expect(all.victims.map(\.blob.id) == [2, 1, 11])
    }

    @Test("min_age: what is as young as the end stays, whatever is needed")
    func youngRows() {
        let plan = Planning(end: 20).plan(
            [.image(1, usedAt: 19), .image(2, usedAt: 20), .image(3, usedAt: 21)], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [1])
        #expect(plan.raised.isEmpty)
    }

    @Test("an orphan ranks by its own last access, among the images")
    func orphans() {
        let plan = Planning().plan(
            [.image(1, usedAt: 10), .orphan(5, accessedAt: 15), .image(2, usedAt: 20)],
            needed: 1500)
        #expect(plan.victims.map(\.blob.id) == [1, 5])
        #expect(plan.victims.map(\.kind) == [.manifest, .orphan])
        #expect(plan.victims[1].name == nil)
    }

    @Test("what is being sent stays: the image, its exclusive layer, the orphan")
    func inUse() {
        var planning = Planning()
        planning.inUse = [numbered(1), numbered(21), numbered(5)]
        let plan = planning.plan(
            [
                .image(1, usedAt: 10), .image(2, usedAt: 11, parts: [.init(21)]),
                .orphan(5, accessedAt: 12), .image(4, usedAt: 13),
            ], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [4])
        #expect(plan.raised.map(\.id) == [1, 2, 5])
        #expect(plan.raised.allSatisfy { $0.to == planning.now })
    }

    @Test("a shared layer that is being sent stays when the last image with it goes")
    func sharedInUse() {
        var planning = Planning()
        planning.inUse = [numbered(9)]
        let plan = planning.plan(
            [.image(1, usedAt: 10, parts: [.init(9, sharedWith: [77])])], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [1])
    }
}

// MARK: Indexes and pins

extension EvictionPlannerTests {
    @Test(
        "an index keeps the platforms that were asked for within the window",
        arguments: [(900, true), (901, true), (899, false)])
    func platforms(accessedAt: Int64, isKept: Bool) {
        let planning = Planning(now: 1000, window: 100, end: 950)
        let plan = planning.plan(
            [.image(1, usedAt: accessedAt, accessedAt: accessedAt, listedAt: [990])], needed: .max)
        #expect(plan.victims.isEmpty == isKept)
        #expect(plan.raised.map(\.to) == (isKept ? [990] : []))
    }

    @Test("the latest of several indexes that list an image counts")
    func severalIndexes() {
        let plan = Planning(end: 30).plan(
            [.image(1, usedAt: 5, listedAt: [10, 40, 20])], needed: 1)
        #expect(plan.raised.map(\.to) == [40])
    }

    @Test(
        "a pin keeps an image: by repository, tag, glob, its digest, an index's digest",
        arguments: [
            "docker.io/library/app", "docker.io/library/app:1", "docker.io/library/*:?",
            "docker.io/**", "\(numbered(1))", "\(numbered(70))",
        ])
    func pinned(pattern: String) throws {
        var planning = Planning()
        planning.pins = [try ImagePattern(pattern)]
        let image = EvictionCandidate.image(
            1, usedAt: 10, listedAt: [10], indexes: [70],
            names: [ImageName(repository: "docker.io/library/app", tags: ["1"])])
        let plan = planning.plan([image, .image(2, usedAt: 20)], needed: .max)
        #expect(plan.victims.map(\.blob.id) == [2])
        #expect(plan.raised.map(\.to) == [planning.now])
    }

    @Test(
        "a pin of something else keeps nothing",
        arguments: ["docker.io/library/app:2", "ghcr.io/**", "\(numbered(3))"])
    func otherPin(pattern: String) throws {
        var planning = Planning()
        planning.pins = [try ImagePattern(pattern)]
        let image = EvictionCandidate.image(
            1, usedAt: 10, names: [ImageName(repository: "docker.io/library/app", tags: ["1"])])
        #expect(planning.plan([image], needed: .max).victims.map(\.blob.id) == [1])
    }

    @Test("a pinned layer stays when its image goes, and as an orphan")
    func pinnedLayer() throws {
        var planning = Planning()
        planning.pins = [.digest(numbered(11))]
        let image = planning.plan(
            [.image(1, usedAt: 10, parts: [.init(11), .init(12)])], needed: .max)
        #expect(image.victims.map(\.blob.id) == [1, 12])
        let orphan = planning.plan([.orphan(11, accessedAt: 10)], needed: .max)
        #expect(orphan.victims.isEmpty)
        #expect(orphan.raised.map(\.to) == [planning.now])
    }

    @Test("a victim has the name that people would use")
    func names() {
        let plan = Planning().plan(
            [
                .image(
                    1, usedAt: 10,
                    names: [ImageName(repository: "docker.io/library/app", tags: ["1", "2"])]),
                .image(2, usedAt: 11, names: [ImageName(repository: "ghcr.io/a/b", tags: [])]),
                .image(3, usedAt: 12),
            ], needed: .max)
        #expect(plan.victims.map(\.name) == ["docker.io/library/app:1", "ghcr.io/a/b", nil])
    }

    @Test("of any rows the victims are the coldest by their true rank", arguments: 0..<50)
    func againstSorting(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let images = (1...40).map { id in
            let accessedAt = Int64.random(in: 0..<900, using: &random)
            let layerAt = Int64.random(in: 0..<900, using: &random)
            return (
                rank: max(accessedAt, layerAt),
                candidate: EvictionCandidate.image(
                    Int64(id), usedAt: Int64.random(in: 0...accessedAt, using: &random),
                    accessedAt: accessedAt, parts: [.init(Int64(1000 + id), accessedAt: layerAt)])
            )
        }
        let needed = Int64.random(in: 1...90_000, using: &random)
        let plan = Planning(end: 800).plan(
            images.map(\.candidate).sorted { $0.rank < $1.rank }, needed: needed)
        let sorted = images.map(\.rank).filter { $0 < 800 }.sorted()
        let count = min(sorted.count, Int((needed + 1999) / 2000))
        let ranks = plan.victims.filter { $0.kind == .manifest }.map(\.lastUsed)
        #expect(ranks == Array(sorted.prefix(count)))
    }
}
