/// The store on real files: commit, restart, damage.
import Foundation
import Logging
import NIOCore
import NIOPosix
import OCI
import TestKit
import Testing

@testable import CacheStore

struct StoreTests {
    private let bytes = SeededBytes.make(count: 300_000, seed: 7)
    private var digest: Digest { .sha256(of: bytes) }
    private let key: RepositoryKey

    init() throws {
        key = RepositoryKey(upstream: "docker.io", repository: try RepositoryName("library/app"))
    }

    private func open(_ directory: TemporaryDirectory) async throws -> Store {
        try await Store(path: directory.file("data"), logger: Logger(label: "test"))
    }

    private func begin(_ store: Store) async throws -> Fill {
        try await store.beginFill(digest, on: MultiThreadedEventLoopGroup.singleton.any())
    }

    private func fill(_ store: Store, with content: [UInt8]? = nil) async throws -> Fill {
        let fill = try await begin(store)
        fill.announce(length: Int64(bytes.count))
        try await fill.append(ByteBuffer(bytes: content ?? bytes))
        return fill
    }

    private func commit(_ store: Store) async throws {
        let fill = try await fill(store)
        try await fill.verify()
        await fill.commit()
    }

    private func blobPath(_ directory: TemporaryDirectory) -> String {
        directory.file("data") + "/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
    }

    @Test("what was committed is found again after a restart")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        var store = try await open(directory)
        try await commit(store)
        await store.close()
        store = try await open(directory)
        let record = try #require(try await store.knowledge(of: digest, in: key).blob)
        #expect(record.size == 300_000)
        let found = try await store.bytes(of: digest, record: record, limit: 1 << 20)
        #expect(found == bytes)
        await store.close()
        directory.remove()
    }

    @Test("R1: content of another digest is not committed and cuts its readers")
    func wrongContent() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        let fill = try await fill(store, with: SeededBytes.make(count: 300_000, seed: 8))
        await #expect(throws: FillFailure.self) { try await fill.verify() }
        #expect(fill.content.failure != nil)
        #expect(try await store.content(of: digest, record: nil) == nil)
        #expect(DataDirectory.names(in: directory.file("data") + "/fills").isEmpty)
        await store.close()
        directory.remove()
    }

    @Test("R6: a file shorter than recorded is a miss and is removed")
    func shortFile() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        try await commit(store)
        let record = try #require(try await store.knowledge(of: digest, in: key).blob)
        #expect(truncate(blobPath(directory), 100) == 0)
        #expect(try await store.content(of: digest, record: record) == nil)
        #expect(try await store.knowledge(of: digest, in: key).blob == nil)
        #expect(!FileManager.default.fileExists(atPath: blobPath(directory)))
        await store.close()
        directory.remove()
    }

    @Test("R5: a file changed since it was verified is verified again and removed if damaged")
    func bitFlip() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        try await commit(store)
        let record = try #require(try await store.knowledge(of: digest, in: key).blob)
        let handle = try #require(FileHandle(forUpdatingAtPath: blobPath(directory)))
        try handle.write(contentsOf: [bytes[0] ^ 1])
        try handle.close()
        let content = try #require(try await store.content(of: digest, record: record))
        #expect(await content.outcome() != nil)
        #expect(try await store.content(of: digest, record: nil) == nil)
        await store.close()
        directory.remove()
    }

    @Test("R28, R29: without its database the store adopts what lies on the disk")
    func adoption() async throws {
        let directory = try TemporaryDirectory()
        var store = try await open(directory)
        try await commit(store)
        await store.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: directory.file("data/larder.db") + suffix)
        }
        store = try await open(directory)
        await store.reconcile()
        #expect(try await store.knowledge(of: digest, in: key).blob?.size == 300_000)
        await store.close()
        directory.remove()
    }

    @Test("R29: a database that is none is set aside")
    func corruptDatabase() async throws {
        let directory = try TemporaryDirectory()
        var store = try await open(directory)
        await store.close()
        try Data(SeededBytes.make(count: 8192, seed: 1)).write(
            to: URL(fileURLWithPath: directory.file("data/larder.db")))
        store = try await open(directory)
        #expect(try await store.knowledge(of: digest, in: key).blob == nil)
        await store.close()
        directory.remove()
    }

    @Test("R37: a second process on the directory is refused")
    func lock() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        await #expect(throws: DataDirectory.InUse.self) { _ = try await open(directory) }
        await store.close()
        directory.remove()
    }

    @Test("a suspended fill goes on from its checkpoint after a restart")
    func resuming() async throws {
        let directory = try TemporaryDirectory()
        var store = try await open(directory)
        let first = try await fill(store, with: Array(bytes.prefix(100_000)))
        await first.suspend()
        await store.close()
        store = try await open(directory)
        #expect(try await store.checkpoint(of: digest) == 100_000)
        let second = try await begin(store)
        try await second.resume()
        #expect(second.position == 100_000)
        try await second.append(ByteBuffer(bytes: bytes.dropFirst(100_000)))
        try await second.verify()
        await second.commit()
        #expect(try await store.knowledge(of: digest, in: key).blob?.size == 300_000)
        #expect(try await store.checkpoint(of: digest) == 0)
        await store.close()
        directory.remove()
    }

    @Test("a proof in one repository is none in another")
    func proofs() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        try await store.recordProof(of: digest, in: key)
        let other = RepositoryKey(
            upstream: "docker.io", repository: try RepositoryName("library/other"))
        #expect(try await store.knowledge(of: digest, in: key).isProven)
        #expect(try await !store.knowledge(of: digest, in: other).isProven)
        await store.close()
        directory.remove()
    }

    @Test("R3: verified content of another length than announced is kept, its readers are cut")
    func otherLength() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        let fill = try await begin(store)
        fill.announce(length: 299_999)
        try await fill.append(ByteBuffer(bytes: bytes))
        try await fill.verify()
        #expect(
            fill.content.failure == .lengthMismatch(announced: 299_999, actual: 300_000))
        await fill.commit()
        #expect(try await store.knowledge(of: digest, in: key).blob?.size == 300_000)
        await store.close()
        directory.remove()
    }

    @Test("R33: unknown files are left alone, partials without a checkpoint are removed")
    func unknownFiles() async throws {
        let directory = try TemporaryDirectory()
        var store = try await open(directory)
        await store.close()
        let unknown = directory.file("data") + "/fills/notes.txt"
        let partial = directory.file("data") + "/fills/sha256-\(digest.hex)"
        for path in [unknown, partial] { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        store = try await open(directory)
        await store.reconcile()
        #expect(FileManager.default.fileExists(atPath: unknown))
        #expect(!FileManager.default.fileExists(atPath: partial))
        await store.close()
        directory.remove()
    }

    @Test("R28: a row whose file is gone is a miss and loses its row")
    func missingFile() async throws {
        let directory = try TemporaryDirectory()
        let store = try await open(directory)
        try await commit(store)
        try FileManager.default.removeItem(atPath: blobPath(directory))
        await store.reconcile()
        #expect(try await store.knowledge(of: digest, in: key).blob == nil)
        await store.close()
        directory.remove()
    }
}
