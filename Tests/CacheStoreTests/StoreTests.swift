/// The store on real files: commit, restart, resuming, proofs.
import Foundation
import NIOCore
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Store")
struct StoreTests {
    @Test("what was committed is found again after a restart")
    func restart() async throws {
        try await withStore { test in
            try await test.commit()
            try await test.restart()
            let record = try #require(try await test.record())
            #expect(record.size == 300_000)
            let found = try await test.store.bytes(
                of: test.digest, record: record, limit: 1 << 20)
            #expect(found == test.bytes)
        }
    }

    @Test("R1: content of another digest is not committed and cuts its readers")
    func wrongContent() async throws {
        try await withStore { test in
            let fill = try await test.fill(with: SeededBytes.make(count: 300_000, seed: 8))
            await #expect(throws: FillFailure.self) { try await fill.verify() }
            #expect(fill.content.failure != nil)
            #expect(try await test.store.content(of: test.digest, record: nil) == nil)
            #expect(DataDirectory.names(in: test.fills).isEmpty)
        }
    }

    @Test("R3: verified content of another length than announced is kept, its readers are cut")
    func otherLength() async throws {
        try await withStore { test in
            let fill = try await test.begin()
            fill.announce(length: 299_999)
            try await fill.append(ByteBuffer(bytes: test.bytes))
            try await fill.verify()
            #expect(
                fill.content.failure == .lengthMismatch(announced: 299_999, actual: 300_000))
            await fill.commit()
            #expect(try await test.record()?.size == 300_000)
        }
    }

    @Test("a suspended fill goes on from its checkpoint after a restart")
    func resuming() async throws {
        try await withStore { test in
            let first = try await test.fill(with: Array(test.bytes.prefix(100_000)))
            await first.suspend()
            try await test.restart()
            #expect(try await test.store.checkpoint(of: test.digest) == 100_000)
            let second = try await test.begin()
            try await second.resume()
            #expect(second.position == 100_000)
            try await second.append(ByteBuffer(bytes: test.bytes.dropFirst(100_000)))
            try await second.verify()
            await second.commit()
            #expect(try await test.record()?.size == 300_000)
            #expect(try await test.store.checkpoint(of: test.digest) == 0)
        }
    }

    @Test("a fill ends as it should also where its task was cancelled")
    func cancelledEndings() async throws {
        try await withStore { test in
            let first = try await test.fill(with: Array(test.bytes.prefix(100_000)))
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await first.suspend()
            }.value
            #expect(try await test.store.checkpoint(of: test.digest) == 100_000)
            let second = try await test.begin()
            try await second.resume()
            try await second.append(ByteBuffer(bytes: test.bytes.dropFirst(100_000)))
            try await second.verify()
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await second.commit()
            }.value
            #expect(try await test.record()?.size == 300_000)
        }
    }

    @Test("a proof in one repository is none in another")
    func proofs() async throws {
        try await withStore { test in
            try await test.store.recordProof(of: test.digest, in: test.key)
            let other = RepositoryKey(
                upstream: "docker.io", repository: try RepositoryName("library/other"))
            #expect(try await test.store.knowledge(of: test.digest, in: test.key).isProven)
            #expect(try await !test.store.knowledge(of: test.digest, in: other).isProven)
        }
    }

    @Test("R37: a second process on the directory is refused")
    func lock() async throws {
        try await withStore { test in
            await #expect(throws: DataDirectory.InUse.self) { _ = try await test.openAgain() }
        }
    }

    @Test("R33: unknown files are left alone, partials without a checkpoint are removed")
    func unknownFiles() async throws {
        try await withStore { test in
            let unknown = test.fills + "/notes.txt"
            let partial = test.fills + "/sha256-\(test.digest.hex)"
            try await test.restart {
                for path in [unknown, partial] {
                    try Data("x".utf8).write(to: URL(fileURLWithPath: path))
                }
            }
            await test.store.reconcile()
            #expect(FileManager.default.fileExists(atPath: unknown))
            #expect(!FileManager.default.fileExists(atPath: partial))
        }
    }
}
