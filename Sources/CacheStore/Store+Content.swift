/// From a digest to an open file whose bytes may be trusted, or are being verified.

import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization

extension Store {
    private enum Opening {
        case missing
        case wrongSize
        /// It was unlinked between being opened and being counted as in use.
        case gone
        case found(OpenFile, FileIdentity, OpenFiles.Lease, isAsRecorded: Bool)
    }

    /// The content of `digest`, or nil: a miss.
    ///
    /// The index is never trusted alone: a missing or short file is a miss and loses its row;
    /// a file that changed since it was verified, or that has no row, is verified again while
    /// its readers follow, its tail held back (R5, R6, R28).
    package func content(of digest: Digest, record: BlobRecord?) async throws -> GrowingFile? {
        if let running = verifications.withLock({ $0[digest] }) { return running }
        let opening = try await threads.io.runIfActive { [self] in
            try open(digest, record: record)
        }
        switch opening {
        case .found(let file, let identity, let lease, isAsRecorded: true):
            return GrowingFile(complete: file, size: identity.size, lease: lease)
        case .found(let file, let identity, let lease, isAsRecorded: false):
            return verify(digest, file, identity, lease)
        case .gone: return nil
        case .missing:
            if record != nil { await remember { try await $0.committer.remove(digest) } }
            return nil
        case .wrongSize:
            counters.foundDamage()
            logger.warning(
                "a blob's file has another size than recorded: removed",
                metadata: ["digest": "\(digest)"])
            await remember { try await $0.committer.remove(digest) }
            return nil
        }
    }

    private func open(_ digest: Digest, record: BlobRecord?) throws -> Opening {
        let file: OpenFile
        do throws(FileError) {
            file = try .openForReading(directory.blob(digest))
        } catch {
            guard error.isMissing else { throw error }
            return .missing
        }
        let identity = try file.identity()
        let lease = committer.openFiles.open(digest, inode: identity.inode)
        guard try file.isLinked() else { return .gone }
        guard let record else { return .found(file, identity, lease, isAsRecorded: false) }
        guard record.size == identity.size else { return .wrongSize }
        return .found(
            file, identity, lease, isAsRecorded: record.identity.isSameContent(as: identity))
    }

    /// The whole content of a small blob, hashed as it is read; nil where there is none or
    /// where it is larger than `limit` bytes.
    package func bytes(of digest: Digest, record: BlobRecord, limit: Int) async throws -> [UInt8]? {
        guard record.size <= limit,
            let content = try await content(of: digest, record: record)
        else { return nil }
        let bytes = try await threads.io.runIfActive {
            try content.file.readAll(count: Int(record.size))
        }
        let found = ContentHasher.digest(of: bytes, digest.algorithm)
        guard found == digest else {
            await remember { try await $0.quarantine(digest, found: found) }
            return nil
        }
        return bytes
    }
}
