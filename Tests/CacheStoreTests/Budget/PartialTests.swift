/// Partials: what they keep of the budget, and when they go.
import Foundation
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

@Suite("Partials")
struct PartialTests {
    private static let megabyte: Int64 = 1_000_000

    private func blob(_ seed: UInt64, count: Int) -> [UInt8] {
        SeededBytes.make(count: count, seed: seed)
    }

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
