/// New content: fills of blobs, and manifests, which come whole.

import Glibc
import NIOCore
import NIOPosix
import OCI
import Synchronization

private let manifestCount = Atomic<Int>(0)

extension Store {
    /// Another fill of the digest is running in this process.
    package struct FillInProgress: Error {}

    /// How many bytes of a partial a fetch can go on from; 0 without one.
    package func checkpoint(of digest: Digest) async throws -> Int64 {
        try await reader.read { try $0.checkpoint(digest) } ?? 0
    }

    /// Opens `fills/<digest>` for the one leader. A partial with a checkpoint is taken over by
    /// `Fill.resume()`.
    ///
    /// - Parameter loop: carries the timers that announce progress.
    /// - Throws: `FillInProgress`, `FileError`.
    package func beginFill(_ digest: Digest, on loop: any EventLoop) async throws -> Fill {
        guard fills.withLock({ $0.insert(digest).inserted }) else { throw FillInProgress() }
        do {
            let checkpoint = try await reader.read { try $0.checkpoint(digest) } ?? 0
            let (file, usable) = try await threads.io.runIfActive { [directory] in
                try Self.openFill(directory.fill(digest), checkpoint: checkpoint)
            }
            return Fill(
                digest: digest, file: file, checkpoint: usable, loop: loop, committer: committer,
                logger: logger, onEnd: { [self] in fills.withLock { _ = $0.remove(digest) } })
        } catch {
            fills.withLock { _ = $0.remove(digest) }
            throw error
        }
    }

    private static func openFill(
        _ path: String, checkpoint: Int64
    ) throws -> (OpenFile, usable: Int64) {
        let file = try OpenFile.open(path, flags: O_RDWR | O_CREAT)
        let usable = try file.identity().size >= checkpoint ? checkpoint : 0
        try file.truncate(to: usable)
        return (file, usable)
    }

    /// Writes and commits a manifest whose digest the caller has verified.
    package func put(_ manifest: Manifest, digest: Digest) async throws {
        let file = try await threads.io.runIfActive { [directory] in
            let file = try OpenFile.open(
                directory.manifestFill(
                    digest, unique: manifestCount.add(1, ordering: .relaxed).newValue),
                flags: O_WRONLY | O_CREAT | O_EXCL)
            try manifest.bytes.withUnsafeBytes { try file.write($0, at: 0) }
            return file
        }
        try await committer.commit(file, as: digest, manifest: manifest)
    }
}
