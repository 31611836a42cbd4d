/// One run: a store, the model of it, and what is open at the moment.
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

/// Not concurrent; the operations that are say so.
final class ModelRun {
    static let budget: Int64 = 400_000
    static let minAge: Int64 = 30

    struct OpenFill {
        let fill: Fill
        let content: [UInt8]
        var written = 0
    }

    let test: TestStore
    let content: ModelContent
    var model: StoreModel
    var random: SeededGenerator
    /// What was done, for the message of a failure.
    var history: [String] = []
    /// Files that readers hold.
    var readers: [(digest: Digest, content: GrowingFile)] = []
    var fills: [Digest: OpenFill] = [:]
    /// Taken away on purpose by the operation under way.
    var purged: Set<Digest> = []
    /// Came by the operation under way: room was made for it before it was there.
    var arrived: Digest?
    private(set) var evicted = 0
    var refused = 0

    init(_ test: TestStore, seed: UInt64) {
        self.test = test
        random = SeededGenerator(seed: seed)
        content = ModelContent(&random)
        model = StoreModel(content)
    }

    var now: Int64 { test.clock.now }

    /// Of what an operation may not lose: pinned, in use, young.
    private var kept: Set<Digest> {
        let young = model.accessedAt.filter { now - $0.value <= Self.minAge }
        return model.pinned.union(readers.map(\.digest)).union(young.keys)
            .intersection(model.stored).subtracting(purged)
    }

    /// Compares the store with the model, which then forgets what was evicted.
    /// - Returns: what is wrong.
    func check() async throws -> [String] {
        let kept = kept
        let digests = try await test.store.reports.read { database in
            try database.blobs(after: 0, limit: 10_000).map(\.digest)
        }
        let found = Set(digests)
        let lost = model.stored.subtracting(found)
        for digest in lost { model.accessedAt[digest] = nil }
        evicted += lost.subtracting(purged).count
        let wrong = [
            ("unexpected", found.subtracting(model.stored)), ("lost", lost.intersection(kept)),
            ("lost though an image needs it", lost.intersection(needed(of: lost))),
        ].filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }
        (purged, arrived) = ([], nil)
        return wrong
            + (try await test.inconsistencies(reserved: reserved(), held: heldBytes()))
    }

    /// What of `digests` images that are still there refer to.
    private func needed(of digests: Set<Digest>) -> Set<Digest> {
        let parts = model.stored.filter { $0 != arrived }.flatMap { model.parts(of: $0) }
        return digests.intersection(parts).subtracting(purged)
    }

    private func reserved() -> Int64 {
        fills.values.reduce(0) { $0 + Budget.inBlocks(Int64($1.content.count)) }
    }

    /// Blocks of files that readers hold and that have no name any more.
    private func heldBytes() throws -> Int64 {
        var held: [Int64: Int64] = [:]
        for reader in readers where try !reader.content.file.isLinked() {
            let identity = try reader.content.file.identity()
            held[identity.inode] = identity.diskSize
        }
        return held.values.reduce(0, +)
    }
}
