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

// MARK: Files without a row

extension BudgetKeepingTests {
    private func refuseRows(_ test: TestStore) async throws {
        try await test.store.writer.perform { database in
            try database.execute(
                """
                CREATE TRIGGER refuse BEFORE INSERT ON blob BEGIN
                    SELECT raise(ABORT, 'refused');
                END
                """)
        }
    }

    @Test("R39: content whose row cannot be written is not kept, and counts until it is read")
    func refusedRow() async throws {
        try await withStore { test in
            try await refuseRows(test)
            var fill: Fill? = try await test.fill()
            try await fill?.verify()
            await fill?.commit()
            #expect(!test.hasFile)
            #expect(test.store.budget.state.held == Budget.inBlocks(300_000))
            fill = nil
            try await test.expectConsistent()
        }
    }

    @Test("R39: a manifest whose row cannot be written is not kept")
    func refusedManifest() async throws {
        try await withStore { test in
            try await refuseRows(test)
            await #expect(throws: SQLiteError.self) {
                try await test.put(manifest: SyntheticImage(seed: 1).manifest)
            }
            try await test.expectConsistent()
        }
    }

    @Test("R21: a file that is opened just as it is removed is a miss, or counts as held")
    func openedWhileRemoved() async throws {
        try await withStore { test in
            let bytes = blob(1, count: 5000)
            let digest = Digest.sha256(of: bytes)
            for _ in 0..<100 {
                try await test.commit(bytes)
                let record = try await test.store.reader.read { try $0.blob(digest) }
                async let removal: Void = test.store.committer.remove(digest)
                var contents: [GrowingFile] = []
                while let content = try await test.store.content(of: digest, record: record) {
                    contents.append(content)
                }
                try await removal
                try await test.expectConsistent(held: contents.isEmpty ? 0 : 8192)
                contents = []
            }
        }
    }
}

// MARK: Partials

extension BudgetKeepingTests {
    private func leavePartial(_ test: TestStore, of digest: Digest, bytes: Int) async throws {
        let fill = try await test.beginFill(of: digest, length: 500_000)
        try await fill.append(ByteBuffer(bytes: blob(77, count: bytes)))
        await fill.suspend()
    }

    @Test("a partial counts with what it holds, also after a restart")
    func partialCounts() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            try await leavePartial(test, of: numbered(1), bytes: 100_000)
            #expect(test.store.budget.state.reserved == Budget.inBlocks(100_000))
            try await test.restart()
            #expect(test.store.budget.state.reserved == Budget.inBlocks(100_000))
            try await test.expectConsistent()
        }
    }

    @Test("a partial that was gone on with counts once")
    func resumedPartial() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            try await leavePartial(test, of: numbered(1), bytes: 100_000)
            let fill = try await test.beginFill(of: numbered(1), length: 500_000)
            #expect(test.store.budget.state.reserved == Budget.inBlocks(500_000))
            await fill.suspend()
            #expect(test.store.budget.state.reserved == Budget.inBlocks(100_000))
            #expect(try await test.store.checkpoint(of: numbered(1)) == 100_000)
            try await test.expectConsistent()
        }
    }

    @Test("a fill that brought nothing leaves nothing")
    func emptyPartial() async throws {
        try await withStore { test in
            await (try await test.beginFill(of: numbered(1), length: 500_000)).suspend()
            #expect(DataDirectory.names(in: test.fills).isEmpty)
            #expect(try await test.integer("SELECT count(*) FROM checkpoint") == 0)
            #expect(test.store.budget.state.used == 0)
        }
    }

    @Test("a partial ages out after a day; within it the next fill goes on with it")
    func agedPartial() async throws {
        try await withStore { test in
            try await leavePartial(test, of: numbered(1), bytes: 100_000)
            test.clock.advance(by: 86_400)
            await test.store.keepBudget()
            #expect(try await test.store.checkpoint(of: numbered(1)) == 100_000)
            test.clock.advance(by: 1)
            await test.store.keepBudget()
            #expect(try await test.store.checkpoint(of: numbered(1)) == 0)
            #expect(DataDirectory.names(in: test.fills).isEmpty)
            #expect(test.store.budget.state.used == 0)
        }
    }

    @Test("room is made of old partials first, of images then, of young partials last")
    func partialsForRoom() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            try await leavePartial(test, of: numbered(1), bytes: 200_000)
            test.clock.advance(by: 7200)
            try await leavePartial(test, of: numbered(2), bytes: 200_000)
            let image = SyntheticImage(seed: 1, layerSizes: [300_000])
            try await test.put(image)
            test.clock.advance(by: 10)
            _ = try await test.beginFill(of: numbered(3), length: 450_000)
            #expect(try await test.store.checkpoint(of: numbered(1)) == 0)
            #expect(try await test.isStored(image.digest))
            _ = try await test.beginFill(of: numbered(4), length: 750_000)
            #expect(try await !test.isStored(image.digest))
            #expect(try await test.store.checkpoint(of: numbered(2)) == 200_000)
            _ = try await test.beginFill(of: numbered(5), length: 990_000)
            #expect(try await test.store.checkpoint(of: numbered(2)) == 0)
        }
    }

    @Test("a fill that could not be opened leaves the partial as it was")
    func refusedPartial() async throws {
        try await withStore(limits(Self.megabyte)) { test in
            try await leavePartial(test, of: numbered(1), bytes: 100_000)
            await #expect(throws: Store.NoRoom.self) {
                _ = try await test.beginFill(of: numbered(1), length: 2 * Self.megabyte)
            }
            #expect(test.store.budget.state.reserved == Budget.inBlocks(100_000))
            let path = test.fills + "/" + (DataDirectory.names(in: test.fills).first ?? "")
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false)
            await #expect(throws: FileError.self) {
                _ = try await test.beginFill(of: numbered(1), length: 200_000)
            }
            #expect(test.store.partials.withLock { $0.count } == 1)
        }
    }
}
