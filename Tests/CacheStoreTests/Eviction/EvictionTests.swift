/// Eviction on real files: who goes, what stays, what is written down.
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Eviction")
struct EvictionTests {
    private func image(_ seed: UInt64, base: [UInt8]? = nil) -> SyntheticImage {
        let top = SeededBytes.make(count: 10_000, seed: 900 + seed)
        return SyntheticImage(seed: seed, layers: (base.map { [$0] } ?? []) + [top])
    }

    @Test("pulls of the manifest and the top layer keep the base layer warm that images share")
    func sharedBase() async throws {
        try await withStore { test in
            let base = SeededBytes.make(count: 50_000, seed: 1)
            let (used, unused) = (image(1, base: base), image(2, base: base))
            let other = image(3)
            for (image, tag) in [(used, "used"), (unused, "unused"), (other, "other")] {
                try await test.put(image, tag: tag)
            }
            for _ in 0..<5 {
                test.clock.advance(by: 3600)
                test.count(.manifest(used.digest, tag: try OCI.Tag("used")))
                test.count(.blob(used.layerDigests[1]))
            }
            test.clock.advance(by: 60)
            let used0 = test.store.budget.state.used
            let report = try await test.store.evict(to: used0 - 40_000, isDryRun: false)
            #expect(report.isComplete)
            #expect(try await test.areStored(TestStore.digests(used)) == [true, true, true, true])
            #expect(try await test.areStored(unused.layerDigests) == [true, false])
            #expect(try await test.isStored(other.layerDigests[0]) == false)
            try await test.expectConsistent()
        }
    }

    @Test("R23: a hit of a blob refreshes its own recency and its image's")
    func blobHit() async throws {
        try await withStore { test in
            let (hit, cold) = (image(1), image(2))
            for image in [hit, cold] { try await test.put(image) }
            test.clock.advance(by: 500)
            test.count(.blob(hit.layerDigests[0]))
            await test.store.flushAccounts()
            #expect(try await test.accessedAt(hit.layerDigests[0]) == test.clock.now)
            test.clock.advance(by: 1)
            _ = try await test.store.evict(to: test.store.budget.state.used - 1, isDryRun: false)
            #expect(try await test.isStored(hit.digest))
            #expect(try await !test.isStored(cold.digest))
        }
    }

    @Test("R21: what is evicted while it is sent is read to its end, and counts until then")
    func evictedWhileStreamed() async throws {
        try await withStore { test in
            try await test.commit()
            let size = test.store.budget.state.committed
            var content = try await test.open(test.digest)
            try await test.store.committer.remove(test.digest)
            try await test.expectConsistent(held: size)
            let file = try #require(content?.file)
            #expect(try file.readAll(count: test.bytes.count) == test.bytes)
            content = nil
            #expect(test.store.budget.state.used == 0)
        }
    }

    @Test("a manifest stored again while its file is read counts both files until then")
    func replacedWhileRead() async throws {
        try await withStore { test in
            let image = image(1)
            try await test.put(manifest: image.manifest)
            var content = try await test.open(image.digest)
            #expect(content != nil)
            try await test.put(manifest: image.manifest, in: test.key("other/app"))
            try await test.expectConsistent(held: 4096)
            content = nil
            try await test.expectConsistent()
        }
    }

    @Test("what is being sent is not evicted, and is as warm as if just used")
    func inUse() async throws {
        try await withStore { test in
            let (sent, idle) = (image(1), image(2))
            for image in [sent, idle] { try await test.put(image) }
            test.clock.advance(by: 100)
            let content = try await test.open(sent.layerDigests[0])
            let report = try await test.store.evict(to: 0, isDryRun: false)
            #expect(!report.isComplete)
            #expect(try await test.isStored(sent.layerDigests[0]))
            #expect(try await !test.isStored(idle.digest))
            _ = content?.length
            try await test.expectConsistent()
        }
    }

    @Test("min_age keeps what was stored or used since")
    func minAge() async throws {
        try await withStore(limits { $0.minAge = 60 }) { test in
            let (old, young) = (image(1), image(2))
            try await test.put(old)
            test.clock.advance(by: 60)
            try await test.put(young)
            test.clock.advance(by: 1)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            #expect(try await test.areStored([old.digest, young.digest]) == [false, true])
        }
    }

    @Test("an index keeps the platforms that are pulled, and lets the others go")
    func platforms() async throws {
        try await withStore(limits { $0.platformWindow = 1000 }) { test in
            let index = SyntheticIndex(seed: 5)
            let (pulled, other) = (index.images[0].image, index.images[1].image)
            try await test.put(manifest: index.index, tag: "latest")
            for image in [pulled, other] { try await test.put(image) }
            test.clock.advance(by: 900)
            test.count(.manifest(pulled.digest, tag: nil))
            test.clock.advance(by: 500)
            test.count(.manifest(index.digest, tag: try OCI.Tag("latest")))
            test.clock.advance(by: 10)
            let smallest = try await test.store.evict(
                to: test.store.budget.state.used - 1, isDryRun: false)
            #expect(smallest.victims.first?.digest == other.digest)
            let all = TestStore.digests(pulled) + [index.digest]
            #expect(try await test.areStored(all).allSatisfy { $0 })
        }
    }

    @Test("pins keep images by repository, tag and digest, and let them go when they are removed")
    func pins() async throws {
        try await withStore { test in
            let images = [image(1), image(2), image(3), image(4)]
            try await test.put(images[0], tag: "a", in: test.key("pinned/app"))
            try await test.put(images[1], tag: "v1", in: test.key("team/app"))
            try await test.put(images[2], tag: "v2", in: test.key("team/app"))
            try await test.put(images[3], in: test.key("team/other"))
            let patterns = try [
                "docker.io/pinned/*", "docker.io/team/app:v1", "\(images[3].digest)",
            ].map { try ImagePattern($0) }
            for pattern in patterns { #expect(try await test.store.pin(pattern)) }
            #expect(try await !test.store.pin(patterns[0]))
            test.clock.advance(by: 10)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            let digests = images.map(\.digest)
            #expect(try await test.areStored(digests) == [true, true, false, true])
            try await test.restart()
            test.clock.advance(by: 10)
            #expect(try await test.store.pins().made.count == 3)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            #expect(try await test.areStored(digests) == [true, true, false, true])
            for pattern in patterns { #expect(try await test.store.unpin(pattern)) }
            #expect(try await !test.store.unpin(patterns[0]))
            test.clock.advance(by: 10)
            _ = try await test.store.evict(to: 0, isDryRun: false)
            #expect(try await test.integer("SELECT count(*) FROM blob") == 0)
            try await test.expectConsistent()
        }
    }

    @Test("more images than a batch holds go in the order of their last use")
    func batches() async throws {
        try await withStore { test in
            let images = (0..<150).map { SyntheticImage(seed: 100 + $0, layerSizes: []) }
            for image in images {
                try await test.put(manifest: image.manifest)
                test.clock.advance(by: 1)
            }
            for image in images.prefix(20) { test.count(.manifest(image.digest, tag: nil)) }
            test.clock.advance(by: 1)
            _ = try await test.store.evict(to: 40 * 4096, isDryRun: false)
            let stored = try await test.areStored(images.map(\.digest))
            #expect(stored.prefix(20).allSatisfy { $0 })
            #expect(stored[20..<130].allSatisfy { !$0 })
            #expect(stored.suffix(20).allSatisfy { $0 })
        }
    }

    @Test("each victim is written down with kind, image, reason and size; the log is bounded")
    func log() async throws {
        try await withStore { test in
            let orphan = try await test.commit(SeededBytes.make(count: 5000, seed: 1))
            try await test.put(image(1), tag: "1")
            test.clock.advance(by: 10)
            let before = test.store.budget.state.used
            let report = try await test.store.evict(to: 0, isDryRun: false)
            #expect(report.count == 4 && report.bytes == before && report.isComplete)
            let rows = try await test.texts(
                "SELECT kind || ' ' || coalesce(name, '-') || ' ' || reason FROM eviction")
            #expect(
                rows.sorted() == [
                    "blob docker.io/library/app:1 requested",
                    "blob docker.io/library/app:1 requested",
                    "manifest docker.io/library/app:1 requested", "orphan - requested",
                ])
            #expect(try await test.integer("SELECT sum(disk_size) FROM eviction") == before)
            #expect(
                try await test.integers("SELECT value FROM counter WHERE name LIKE 'evict%'")
                    == [before, 4])
            #expect(try await !test.isStored(orphan))
        }
    }

    @Test("a dry run says what an eviction then does")
    func dryRun() async throws {
        try await withStore { test in
            let base = SeededBytes.make(count: 30_000, seed: 1)
            for seed in 1...6 { try await test.put(image(UInt64(seed), base: base)) }
            test.clock.advance(by: 10)
            let target = test.store.budget.state.used / 3
            let preview = try await test.store.evict(to: target, isDryRun: true)
            #expect(try await test.integer("SELECT count(*) FROM eviction") == 0)
            let report = try await test.store.evict(to: target, isDryRun: false)
            #expect(preview.count == report.count && preview.bytes == report.bytes)
            #expect(Set(preview.victims.map(\.digest)) == Set(report.victims.map(\.digest)))
        }
    }
}
