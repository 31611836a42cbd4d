/// Makes a verified file part of the store, and takes one out of it, in the order that
/// survives a crash at any step (R24, R25).

import Logging
import NIOPosix
import OCI
import Synchronization

/// Commit: fsync file, rename, fsync directories, row. Removal: mark, unlink, remove row.
/// Both hold the digest's lock.
struct Committer: Sendable {
    let directory: DataDirectory
    let index: IndexWriter
    let threads: StoreThreads
    let locks: DigestLocks
    let clock: StoreClock

    /// - Parameter manifest: set where the content is a manifest.
    /// - Throws: `FileError`, and the file is gone (R27); `SQLiteError`, and the file has no row,
    ///   so that its next use adopts it.
    func commit(_ file: OpenFile, as digest: Digest, manifest: Manifest?) async throws {
        try await locks.withLock(digest) {
            let identity = try await threads.sync.runIfActive {
                do throws(FileError) {
                    return try place(file, as: digest)
                } catch {
                    discard(file, as: digest)
                    throw error
                }
            }
            try await insert(digest, identity, manifest)
        }
    }

    /// Takes a file into the index that lies in its place already and was verified there.
    func adopt(_ digest: Digest, _ identity: FileIdentity, manifest: Manifest?) async throws {
        try await locks.withLock(digest) {
            try await insert(digest, identity, manifest)
        }
    }

    func remove(_ digest: Digest) async throws {
        try await locks.withLock(digest) {
            try await index.perform { try $0.markDeleting(digest) }
            _ = try await threads.io.runIfActive {
                try DataDirectory.remove(directory.blob(digest))
            }
            try await index.perform { try $0.deleteBlob(digest) }
        }
    }

    private func place(_ file: OpenFile, as digest: Digest) throws(FileError) -> FileIdentity {
        try file.sync()
        let parent = directory.blobDirectory(of: digest)
        try DataDirectory.makeDirectory(parent)
        try DataDirectory.rename(file.path, to: directory.blob(digest))
        try DataDirectory.sync(directory: parent)
        try DataDirectory.sync(directory: directory.fills)
        return try file.identity()
    }

    /// Removes the file under whichever name it has; another file may have the digest's.
    private func discard(_ file: OpenFile, as digest: Digest) {
        _ = try? DataDirectory.remove(file.path)
        let path = directory.blob(digest)
        guard let inode = try? file.identity().inode,
            let found = try? OpenFile.openForReading(path).identity().inode, inode == found
        else { return }
        _ = try? DataDirectory.remove(path)
    }

    private func insert(
        _ digest: Digest, _ identity: FileIdentity, _ manifest: Manifest?
    ) async throws {
        let now = clock.now()
        try await index.perform { database in
            try database.insertBlob(digest, identity, now: now)
            if let manifest { try database.insertManifest(manifest, digest: digest) }
        }
    }
}
