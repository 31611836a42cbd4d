/// Makes a verified file part of the store, and takes one out of it, in the order that
/// survives a crash at any step (R24, R25).

import Glibc
import Logging
import NIOPosix
import OCI
import Synchronization

/// Commit: fsync file, rename, fsync directories, row. Removal: mark, unlink, remove row.
/// Both hold the digest's lock, and tell the budget.
struct Committer: Sendable {
    let directory: DataDirectory
    let index: IndexWriter
    let threads: StoreThreads
    let locks: DigestLocks
    let budget: Budget
    let openFiles: OpenFiles
    let changes: StoreChanges
    let clock: StoreClock

    /// - Parameters:
    ///   - manifest: set where the content is a manifest.
    ///   - reservation: given back as the bytes become committed ones.
    /// - Throws: `FileError` or `SQLiteError`; the file is gone then (R27, R39): what has no row
    ///   would count against no budget.
    func commit(
        _ file: OpenFile, as digest: Digest, manifest: Manifest?, reservation: Reservation
    ) async throws {
        defer { reservation.end() }
        try await locks.withLock(digest) {
            do {
                let identity = try await threads.sync.runIfActive { try place(file, as: digest) }
                try await insert(digest, identity, manifest, reservation)
            } catch {
                await discard(file, as: digest, reservation)
                throw error
            }
        }
    }

    /// Takes a file into the index that lies in its place already and was verified there.
    /// - Throws: `FileError` where another file, or none, lies there by now.
    func adopt(_ digest: Digest, _ identity: FileIdentity, manifest: Manifest?) async throws {
        let path = directory.blob(digest)
        try await locks.withLock(digest) {
            let found = try await threads.io.runIfActive {
                try OpenFile.openForReading(path).identity()
            }
            guard found.isSameContent(as: identity) else {
                throw FileError("adopt", path, code: ESTALE)
            }
            try await insert(digest, identity, manifest, nil)
        }
    }

    /// What a removal brought.
    struct Removal: Sendable {
        /// Bytes on the disk of the files removed, those still open included.
        var bytes: Int64 = 0
        /// Of them, those that running downloads keep.
        var heldBytes: Int64 = 0
        /// How many had a row.
        var count = 0
    }

    func remove(_ digest: Digest) async throws {
        _ = try await remove([digest])
    }

    func remove(
        _ digests: Set<Digest>, recording: @escaping @Sendable (Database) throws -> Void = { _ in }
    ) async throws -> Removal {
        try await remove(digests) {
            try await threads.sync.runIfActive {
                for digest in digests { try DataDirectory.remove(directory.blob(digest)) }
            }
        } recording: {
            try recording($0)
        }
    }

    /// - Parameters:
    ///   - takeAway: unlinks the files, or moves them out of the store.
    ///   - recording: runs in the transaction that removes the rows.
    func remove(
        _ digests: Set<Digest>, _ takeAway: () async throws -> Void,
        recording: @escaping @Sendable (Database) throws -> Void
    ) async throws -> Removal {
        try await locks.withLocks(digests) {
            let rows = try await index.perform { database in
                try digests.compactMap { try database.markDeleting($0) }
            }
            try await takeAway()
            try await index.perform { database in
                for digest in digests { try database.deleteBlob(digest) }
                try recording(database)
            }
            // Lets go of files that were kept open, before what is still held is counted.
            changes.content(digests)
            var removal = Removal(count: rows.count)
            for row in rows {
                removal.bytes += row.diskSize
                removal.heldBytes += openFiles.unlinked(
                    row.digest, inode: row.inode, bytes: row.diskSize)
            }
            budget.remove(removal.bytes, held: removal.heldBytes)
            return removal
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
    private func discard(
        _ file: OpenFile, as digest: Digest, _ reservation: Reservation
    ) async {
        let identity = try? await threads.sync.runIfActive {
            _ = try? DataDirectory.remove(file.path)
            let path = directory.blob(digest)
            let identity = try file.identity()
            if try OpenFile.openForReading(path).identity().inode == identity.inode {
                try DataDirectory.remove(path)
            }
            return identity
        }
        changes.content([digest])
        guard let identity else { return }
        reservation.end(
            held: openFiles.unlinked(digest, inode: identity.inode, bytes: identity.diskSize))
    }

    private func insert(
        _ digest: Digest, _ identity: FileIdentity, _ manifest: Manifest?,
        _ reservation: Reservation?
    ) async throws {
        let now = clock.now()
        let before = try await index.perform { database in
            let before = try database.insertBlob(digest, identity, now: now)
            if let manifest { try database.insertManifest(manifest, digest: digest) }
            return before
        }
        if before != nil { changes.content([digest]) }
        var held: Int64 = 0
        if let before, before.inode != identity.inode {
            held = openFiles.unlinked(digest, inode: before.inode, bytes: before.diskSize)
        }
        let added = identity.diskSize - (before?.diskSize ?? 0)
        if let reservation {
            reservation.end(committed: added, held: held)
        } else {
            budget.commit(added, held: held)
        }
    }
}
