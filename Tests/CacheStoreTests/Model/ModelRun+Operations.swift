/// What may happen to a store.
import NIOCore
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

extension ModelRun {
    func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<16: try await commitBlob()
        case 16..<32: try await putManifest()
        case 32..<50: try await use()
        case 50..<56: try await open()
        case 56..<62: close()
        case 62..<68: try await beginFill()
        case 68..<75: try await goOnFilling()
        case 75..<78: try await endFill()
        case 78..<82: try await evict()
        case 82..<84: try await purge()
        case 84..<87: try await changePins()
        case 87..<93: advance()
        case 93..<95: try await restart()
        case 95..<97: try await manyAtOnce()
        default: try await upkeep()
        }
    }

    private func note(_ text: String) { history.append("\(history.count + 1) \(text)") }

    private func refuse(_ bytes: Int64) throws {
        refused += 1
        note("refused")
        let state = test.store.budget.state
        try #require(state.missing(for: Budget.inBlocks(bytes)) > 0, "refused without need")
    }

    // MARK: Content comes

    private func commitBlob() async throws {
        guard let bytes = content.blobs.randomElement(using: &random) else { return }
        let digest = Digest.sha256(of: bytes)
        note("commit \(digest)")
        guard model.accessedAt[digest] == nil, fills[digest] == nil else { return }
        do {
            try await test.commit(bytes)
            model.accessedAt[digest] = now
        } catch is Store.NoRoom {
            try refuse(Int64(bytes.count))
        }
    }

    private func putManifest() async throws {
        guard let (digest, bytes) = content.manifests.randomElement(using: &random) else { return }
        note("put \(digest)")
        if model.accessedAt[digest] == nil { arrived = digest }
        do {
            try await test.put(manifest: bytes, tag: "t\(digest.hex.prefix(4))")
            if model.accessedAt[digest] == nil { model.accessedAt[digest] = now }
        } catch is Store.NoRoom {
            try refuse(Int64(bytes.count))
        }
    }

    private func beginFill() async throws {
        guard let bytes = content.layers.randomElement(using: &random) else { return }
        let digest = Digest.sha256(of: bytes)
        guard model.accessedAt[digest] == nil, fills[digest] == nil else { return }
        note("begin \(digest)")
        do {
            let fill = try await test.beginFill(of: digest, length: Int64(bytes.count))
            try await fill.resume()
            fills[digest] = OpenFill(fill: fill, content: bytes, written: Int(fill.position))
        } catch is Store.NoRoom {
            try refuse(Int64(bytes.count))
        }
    }

    private func goOnFilling() async throws {
        guard let digest = fills.keys.sorted(by: { "\($0)" < "\($1)" }).first,
            var open = fills[digest]
        else { return }
        let count = Int.random(in: 0...(open.content.count - open.written), using: &random)
        note("append \(count) to \(digest)")
        let part = open.content[open.written..<open.written + count]
        try await open.fill.append(ByteBuffer(bytes: part))
        open.written += count
        fills[digest] = open
        guard open.written == open.content.count else { return }
        try await open.fill.verify()
        await open.fill.commit()
        fills[digest] = nil
        model.accessedAt[digest] = now
    }

    private func endFill() async throws {
        guard let digest = fills.keys.sorted(by: { "\($0)" < "\($1)" }).first,
            let fill = fills.removeValue(forKey: digest)?.fill
        else { return }
        note("end \(digest)")
        switch Int.random(in: 0..<3, using: &random) {
        case 0: await fill.suspend()
        case 1: await fill.overflow()
        default: await fill.fail(.storage("the model says so"))
        }
    }

    // MARK: Content is used

    private func anyStored() -> Digest? {
        model.stored.sorted { "\($0)" < "\($1)" }.randomElement(using: &random)
    }

    private func use() async throws {
        guard let digest = anyStored() else { return }
        let isHead = Int.random(in: 0..<4, using: &random) == 0
        note("\(isHead ? "head" : "hit") \(digest)")
        let isManifest = model.isManifest(digest)
        test.count(
            isManifest ? .manifest(digest, tag: nil) : .blob(digest), isHead: isHead, bytes: 10)
        if isManifest || !isHead { model.accessedAt[digest] = now }
    }

    private func open() async throws {
        guard let digest = anyStored() else { return }
        note("open \(digest)")
        let file = try #require(try await test.open(digest), "stored, but not to be read")
        readers.append((digest, file))
    }

    private func close() {
        guard !readers.isEmpty else { return }
        let reader = readers.remove(at: Int.random(in: 0..<readers.count, using: &random))
        note("close \(reader.digest)")
    }

    // MARK: Content goes

    private func evict() async throws {
        let target = Int64.random(in: 0...Self.budget, using: &random)
        note("evict to \(target)")
        let before = try await test.integer("SELECT count(*) FROM eviction") ?? 0
        let report = try await test.store.evict(to: target, isDryRun: false)
        let after = try await test.integer("SELECT count(*) FROM eviction") ?? 0
        try #require(after - before == Int64(report.count), "each victim is written down once")
        let isReached = test.store.budget.state.used - report.heldBytes <= target
        try #require(isReached || !report.isComplete, "told to be complete")
    }

    private func purge() async throws {
        guard let digest = anyStored() else { return }
        note("purge \(digest)")
        purged = [digest]
        try await test.store.committer.remove(digest)
    }

    private func changePins() async throws {
        if let pin = model.pins.sorted(by: { "\($0)" < "\($1)" }).first, model.pins.count > 2 {
            note("unpin \(pin)")
            model.pins.remove(pin)
            _ = try await test.store.unpin(.digest(pin))
        } else if let digest = anyStored() {
            note("pin \(digest)")
            model.pins.insert(digest)
            _ = try await test.store.pin(.digest(digest))
        }
    }

    // MARK: Time passes

    private func advance() {
        let seconds = Int64.random(in: 1...4000, using: &random)
        note("advance \(seconds)")
        test.clock.advance(by: seconds)
    }

    private func restart() async throws {
        note("restart")
        readers = []
        for open in fills.values { await open.fill.suspend() }
        fills = [:]
        try await test.restart()
    }

    private func upkeep() async throws {
        note("upkeep")
        await test.store.flushAccounts()
        await test.store.keepBudget()
        await test.store.keepIndexSmall()
        await test.store.reconcile()
    }

    /// Commits and an eviction side by side; the budget is watched meanwhile.
    private func manyAtOnce() async throws {
        let blobs = Set(content.layers.shuffled(using: &random).prefix(6)).filter { bytes in
            let digest = Digest.sha256(of: bytes)
            return model.accessedAt[digest] == nil && fills[digest] == nil
        }
        note("many at once: \(blobs.count)")
        let (test, watch) = (test, BudgetWatch())
        await withTaskGroup(of: Digest?.self) { group in
            for bytes in blobs { group.addTask { try? await test.commit(bytes) } }
            group.addTask {
                _ = try? await test.store.evict(to: Self.budget / 2, isDryRun: false)
                return nil
            }
            let watcher = Task { await watch.run(test.store.budget) }
            for await digest in group {
                if let digest { model.accessedAt[digest] = now }
            }
            watch.stop()
            await watcher.value
        }
        try #require(watch.highest <= Self.budget, "the budget was passed")
    }
}

/// The most that was used while it ran.
private final class BudgetWatch: Sendable {
    private let state = Mutex((highest: Int64(0), isOver: false))

    var highest: Int64 { state.withLock { $0.highest } }

    func stop() { state.withLock { $0.isOver = true } }

    func run(_ budget: Budget) async {
        while !state.withLock({ $0.isOver }) {
            let used = budget.state.used
            state.withLock { $0.highest = max($0.highest, used) }
            await Task.yield()
        }
    }
}
