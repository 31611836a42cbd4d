/// Checkpoints of a running fill: saved beside it, and none left behind.
import Foundation
import NIOCore
import NIOPosix
import OCI
import TestKit
import Testing

@testable import CacheStore

@Suite("Checkpoints")
struct CheckpointTests {
    private static let part = ByteBuffer(repeating: 7, count: 1 << 20)
    private static let parts = 66

    private var digest: Digest {
        .sha256(of: [UInt8](repeating: 7, count: Self.parts << 20))
    }

    /// A fill that has all of its content, a checkpoint being due, while the disk is not to be
    /// waited for; `body` gets what lets go of the disk.
    private func withFill(
        _ body: (TestStore, Fill, _ release: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await withStore { test in
            let disk = DispatchSemaphore(value: 0)
            let release: @Sendable () -> Void = { for _ in 0..<2 { disk.signal() } }
            defer { release() }
            for _ in 0..<2 { test.store.threads.sync.submit { _ in disk.wait() } }
            let length = Int64(Self.parts << 20)
            let fill = try await test.beginFill(of: digest, length: length)
            fill.announce(length: length)
            for _ in 0..<Self.parts { try await fill.append(Self.part) }
            try await body(test, fill, release)
        }
    }

    @Test("a fill and its readers wait for no fsync", .timeLimit(.minutes(1)))
    func besideTheFill() async throws {
        try await withFill { test, fill, release in
            #expect(fill.position == Int64(Self.parts << 20))
            try await fill.verify()
            #expect(fill.content.isVerified)
            release()
            #expect(await fill.commit())
            #expect(try await test.isStored(digest))
            #expect(try await test.integer("SELECT count(*) FROM checkpoint") == 0)
        }
    }

    @Test("one that is being saved as the fill fails is gone afterwards", .timeLimit(.minutes(1)))
    func failedFill() async throws {
        try await withFill { test, fill, release in
            let ended = Task { await fill.fail(.storage("a test")) }
            while fill.content.failure == nil { await shortPause() }
            release()
            await ended.value
            let checkpoints = try await test.integer("SELECT count(*) FROM checkpoint")
            #expect(checkpoints == 0)
            #expect(DataDirectory.names(in: test.fills).isEmpty)
        }
    }

    @Test("a crash in a long fill leaves a partial to go on from", .timeLimit(.minutes(1)))
    func saved() async throws {
        try await withFill { test, fill, release in
            release()
            await fill.settleCheckpoint()
            let saved = try await test.store.reader.read { try $0.checkpoint(self.digest) }
            #expect(try #require(saved) >= Checkpoints.step)
            await fill.suspend()
        }
    }
}
