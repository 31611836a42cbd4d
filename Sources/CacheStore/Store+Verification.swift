/// Verifying files that are there already: changed ones, ones without a row, suspected ones.

import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization

extension Store {
    /// One verification per digest, followed by all who ask meanwhile.
    func verify(
        _ digest: Digest, _ file: OpenFile, _ identity: FileIdentity, _ lease: OpenFiles.Lease
    ) -> GrowingFile {
        let content = GrowingFile(unverified: file, size: identity.size, lease: lease)
        let running = verifications.withLock { running in
            if let other = running[digest] { return other }
            running[digest] = content
            return content
        }
        guard running === content else { return running }
        changes.content([digest])
        Task { await self.runVerification(digest, content, identity) }
        return content
    }

    /// Hashes a committed blob's file in the background, readers undisturbed; removes it where
    /// the digest differs (R5).
    package func verifyInBackground(_ digest: Digest) {
        Task {
            let opened = try await threads.io.runIfActive { [directory] in
                let file = try OpenFile.openForReading(directory.blob(digest))
                return (file, try file.identity())
            }
            let lease = committer.openFiles.open(digest, inode: opened.1.inode)
            _ = verify(digest, opened.0, opened.1, lease)
        }
    }

    private func runVerification(
        _ digest: Digest, _ content: GrowingFile, _ identity: FileIdentity
    ) async {
        let outcome: FillProgress.Outcome
        do {
            outcome = try await verified(digest, content.file, identity)
        } catch {
            logger.error(
                "verification failed", metadata: ["digest": "\(digest)", "error": "\(error)"])
            outcome = .failed(.storage("\(error)"))
        }
        // First, so that nobody who comes after the outcome is given this one's.
        verifications.withLock { $0[digest] = nil }
        content.end(outcome)
    }

    private func verified(
        _ digest: Digest, _ file: OpenFile, _ identity: FileIdentity
    ) async throws -> FillProgress.Outcome {
        let found = try await hash(file, size: identity.size, digest.algorithm)
        guard found == digest else {
            try await quarantine(digest, found: found)
            return .failed(.digestMismatch(found: "\(found)"))
        }
        let manifest = try await manifest(in: file, size: identity.size)
        await remember { try await $0.committer.adopt(digest, identity, manifest: manifest) }
        return .verified
    }

    func hash(
        _ file: OpenFile, size: Int64, _ algorithm: Digest.Algorithm
    ) async throws -> Digest {
        var hasher = ContentHasher(algorithm)
        var offset: Int64 = 0
        let step: Int64 = 1 << 20
        while offset < size {
            let (start, current) = (offset, hasher)
            hasher = try await threads.io.runIfActive {
                var next = current
                let bytes = try file.readAll(count: Int(min(step, size - start)), at: start)
                bytes.withUnsafeBytes { next.update($0) }
                return next
            }
            offset += step
        }
        return hasher.digest()
    }

    /// The manifest that a file without a row holds, so that it can be served as one again.
    private func manifest(in file: OpenFile, size: Int64) async throws -> Manifest? {
        guard size <= Manifest.maximumBytes else { return nil }
        return try await threads.io.runIfActive {
            try? Manifest(bytes: file.readAll(count: Int(size)), contentType: nil)
        }
    }
}
