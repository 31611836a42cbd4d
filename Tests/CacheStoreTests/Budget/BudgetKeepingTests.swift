/// The budget on real files: room for fills, watermarks, shares, partials.
import Foundation
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Keeping the budget")
struct BudgetKeepingTests {
    private static let megabyte: Int64 = 1_000_000

    private func blob(_ seed: UInt64, count: Int = 200_000) -> [UInt8] {
        SeededBytes.make(count: count, seed: seed)
    }

    @Test("R41: a fill has its room before its first byte; what is coldest goes for it")
    func roomForFill() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            var digests: [Digest] = []
            for seed in 1...4 {
                digests.append(try await test.commit(blob(UInt64(seed))))
                test.clock.advance(by: 1)
            }
            let fill = try await test.beginFill(of: numbered(1), length: 400_000)
            try await test.expectConsistent(reserved: Budget.inBlocks(400_000))
            #expect(try await test.areStored(digests) == [false, false, true, true])
            await fill.fail(.storage("given up"))
            try await test.expectConsistent(held: 0)
        }
    }

    @Test("R42: an object larger than the budget has no room, and nothing goes for it")
    func tooLarge() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            let digest = try await test.commit(blob(1))
            test.clock.advance(by: 10)
            await #expect(throws: Store.NoRoom.self) {
                _ = try await test.beginFill(of: numbered(1), length: 2 * Self.megabyte)
            }
            #expect(try await test.isStored(digest))
            try await test.expectConsistent()
            _ = try await test.beginFill(of: numbered(1), length: 100_000)
        }
    }

    @Test("an unknown length is reserved in steps, and ends where there is no more room")
    func unknownLength() async throws {
        let step = Fill.reservationStep
        try await withStore(limits(step + 8 * 4096)) { test in
            let fill = try await test.beginFill(of: numbered(1), length: nil)
            #expect(test.store.budget.state.reserved == step)
            let chunk = ByteBuffer(bytes: [UInt8](repeating: 1, count: 1 << 20))
            for _ in 0..<16 { try await fill.append(chunk) }
            try await fill.append(ByteBuffer(bytes: [UInt8](repeating: 1, count: 4096)))
            #expect(test.store.budget.state.reserved == step + 4096)
            await #expect(throws: Store.NoRoom.self) { try await fill.append(chunk) }
            await fill.overflow()
            #expect(DataDirectory.names(in: test.fills).isEmpty)
            #expect(fill.content.overflow?.position == step + 4096)
            #expect(test.store.budget.state.held == step + 4096)
        }
    }

    @Test("above the high watermark it is evicted down to the low one, not below")
    func watermarks() async throws {
        let settings = limits(Self.megabyte) { ($0.highWatermark, $0.lowWatermark) = (80, 50) }
        try await withStore(settings) { test in
            for seed in 1...3 { try await test.commit(blob(UInt64(seed), count: 250_000)) }
            test.clock.advance(by: 10)
            await test.store.keepBudget()
            #expect(try await test.integer("SELECT count(*) FROM blob") == 3)
            try await test.commit(blob(4))
            test.clock.advance(by: 10)
            await test.store.keepBudget()
            #expect(
                test.store.budget.state.used == Budget.inBlocks(250_000) + Budget.inBlocks(200_000))
            #expect(
                try await test.texts("SELECT DISTINCT reason FROM eviction") == ["budget"])
        }
    }

    @Test("a limit that was lowered is reached, and pins that are more than it are told of")
    func loweredLimit() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            let image = SyntheticImage(seed: 1, layerSizes: [300_000])
            try await test.put(image, tag: "1")
            try await test.commit(blob(2))
            _ = try await test.store.pin(try ImagePattern("docker.io/library/app"))
            test.clock.advance(by: 10)
            try await test.store.apply(limits(100_000))
            await test.store.keepBudget()
            #expect(try await test.isStored(image.layerDigests[0]))
            #expect(try await test.integer("SELECT count(*) FROM orphan") == 0)
            #expect(test.store.pinsExceedBudget.withLock { $0 })
            try await test.store.apply(limits(Self.megabyte))
            await test.store.keepBudget()
            #expect(!test.store.pinsExceedBudget.withLock { $0 })
        }
    }

    @Test("without pins nothing is told of them")
    func noPins() async throws {
        try await withStore(limits(Self.megabyte) { $0.minAge = 60 }) { test in
            try await test.commit(blob(1))
            try await test.store.apply(limits(100_000) { $0.minAge = 60 })
            await test.store.keepBudget()
            #expect(test.store.budget.state.used > 100_000)
            #expect(!test.store.pinsExceedBudget.withLock { $0 })
        }
    }

    @Test("what nobody used for max_unused goes although there is room, unless it is pinned")
    func maxUnused() async throws {
        try await withStore(limits { $0.maxUnused = 1000 }) { test in
            let (unused, used) = (
                SyntheticImage(seed: 1, layerSizes: [5000]),
                SyntheticImage(seed: 2, layerSizes: [5000])
            )
            let pinned = SyntheticImage(seed: 3, layerSizes: [5000])
            for image in [unused, used, pinned] { try await test.put(image) }
            let orphan = try await test.commit(blob(4))
            _ = try await test.store.pin(.digest(pinned.digest))
            test.clock.advance(by: 1000)
            test.count(.manifest(used.digest, tag: nil))
            test.clock.advance(by: 1)
            await test.store.keepBudget()
            let digests = [unused.digest, used.digest, pinned.digest, orphan]
            #expect(try await test.areStored(digests) == [false, true, true, false])
            #expect(try await test.texts("SELECT DISTINCT reason FROM eviction") == ["unused"])
            try await test.expectConsistent()
        }
    }

    @Test("an upstream with a share of its own evicts its own, for a fill and by itself")
    func upstreamShare() async throws {
        let settings = limits { $0.upstreamMaxSize["ghcr.io"] = .bytes(500_000) }
        try await withStore(settings) { test in
            let key = try test.key("team/app", upstream: "ghcr.io")
            let other = try await test.commit(blob(9))
            test.clock.advance(by: 1)
            let first = try await test.commit(blob(1), in: key)
            test.clock.advance(by: 1)
            let second = try await test.commit(blob(2), in: key)
            test.clock.advance(by: 1)
            let third = try await test.commit(blob(3), in: key)
            #expect(
                try await test.areStored([other, first, second, third])
                    == [true, false, true, true])
            await #expect(throws: Store.NoRoom.self) {
                _ = try await test.beginFill(
                    of: numbered(1), length: 600_000, upstream: "ghcr.io")
            }
            try await test.expectConsistent()
            test.clock.advance(by: 1)
            try await test.store.apply(limits { $0.upstreamMaxSize["ghcr.io"] = .bytes(300_000) })
            await test.store.keepBudget()
            #expect(try await test.areStored([other, second, third]) == [true, false, true])
            #expect(
                try await test.texts("SELECT DISTINCT reason FROM eviction")
                    == ["upstream_budget"])
        }
    }

    @Test("min_free: what others take of the file system is made up for by evicting")
    func minFree() async throws {
        try await withStore { test in
            let image = SyntheticImage(seed: 1, layerSizes: [300_000])
            try await test.put(image)
            test.clock.advance(by: 10)
            await test.store.keepBudget()
            #expect(try await test.isStored(image.digest))
            try await test.store.apply(limits { $0.minFree = .percent(100) })
            await test.store.keepBudget()
            #expect(try await test.integer("SELECT count(*) FROM blob") == 0)
            #expect(
                try await test.texts("SELECT DISTINCT reason FROM eviction") == ["free_space"])
            await #expect(throws: Store.NoRoom.self) {
                _ = try await test.beginFill(of: numbered(1), length: 1)
            }
        }
    }
}
