/// A store on a directory of its own, with content to put into it.
import Foundation
import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization
import TestKit

@testable import CacheStore

/// Limits that leave the file system out, and with it what else this machine does.
func limits(
    _ maxSize: Int64 = 1 << 30, change: (inout StoreLimits) -> Void = { _ in }
) -> StoreLimits {
    var limits = StoreLimits()
    limits.maxSize = .bytes(maxSize)
    limits.minFree = .bytes(0)
    limits.minAge = 0
    change(&limits)
    return limits
}

/// Runs `body` with a store that is closed and removed afterwards.
func withStore(
    _ limits: StoreLimits = limits(), _ body: (TestStore) async throws -> Void
) async throws {
    let test = try await TestStore(limits)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(test))
    } catch {
        outcome = .failure(error)
    }
    await test.store.close()
    test.directory.remove()
    try outcome.get()
}

/// A clock that only tests move.
final class TestClock: Sendable {
    private let time = Mutex<Int64>(1_750_000_000)

    var now: Int64 { time.withLock { $0 } }

    func advance(by seconds: Int64) { time.withLock { $0 += seconds } }

    var storeClock: StoreClock { StoreClock { self.now } }
}

/// Used by one task at a time but for `store`, which `restart` alone changes.
final class TestStore: @unchecked Sendable {
    let directory: TemporaryDirectory
    let clock = TestClock()
    /// For the next opening.
    var limits: StoreLimits
    private(set) var store: Store
    let bytes = SeededBytes.make(count: 300_000, seed: 7)
    let digest: Digest
    let key: RepositoryKey

    fileprivate init(_ limits: StoreLimits) async throws {
        directory = try TemporaryDirectory()
        self.limits = limits
        digest = .sha256(of: bytes)
        key = RepositoryKey(upstream: "docker.io", repository: try RepositoryName("library/app"))
        store = try await Self.open(directory, limits, clock)
    }

    private static func open(
        _ directory: TemporaryDirectory, _ limits: StoreLimits, _ clock: TestClock
    ) async throws -> Store {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Store(
            path: directory.file("data"), limits: limits, clock: clock.storeClock, logger: quiet)
    }

    /// Opens the same directory once more, beside the store that is open.
    func openAgain() async throws -> Store { try await Self.open(directory, limits, clock) }

    /// Closes the store, changes its directory by `change`, and opens it again.
    func restart(after change: () throws -> Void = {}) async throws {
        await store.close()
        try change()
        store = try await Self.open(directory, limits, clock)
    }

    // MARK: Paths

    var database: String { directory.file("data/larder.db") }
    var fills: String { directory.file("data/fills") }
    var blobPath: String { blobPath(of: digest) }

    func blobPath(of digest: Digest) -> String {
        directory.file("data/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    var hasFile: Bool { FileManager.default.fileExists(atPath: blobPath) }

    /// Puts a file where the blob's belongs, without the store's knowledge.
    func place(_ content: [UInt8]) throws {
        let parent = URL(fileURLWithPath: blobPath).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(content).write(to: URL(fileURLWithPath: blobPath))
    }

    // MARK: Content

    func begin() async throws -> Fill {
        try await store.beginFill(
            digest, length: Int64(bytes.count), upstream: key.upstream,
            on: MultiThreadedEventLoopGroup.singleton.any())
    }

    /// A fill that has `content`, or what its digest promises, and is not verified yet.
    func fill(with content: [UInt8]? = nil) async throws -> Fill {
        let fill = try await begin()
        fill.announce(length: Int64(bytes.count))
        try await fill.append(ByteBuffer(bytes: content ?? bytes))
        return fill
    }

    func commit() async throws {
        let fill = try await fill()
        try await fill.verify()
        await fill.commit()
    }

    /// The blob's row.
    func record() async throws -> BlobRecord? {
        try await store.knowledge(of: digest, in: key).blob
    }
}
