/// A verified blob's file that stays open between downloads.

import OCI

/// Idle, it is in nobody's use: an eviction may take the blob, and its blocks are free as soon
/// as this is let go of. Each download holds a lease.
package final class HotFile: Sendable {
    /// Complete; lends handles to the event loops.
    package let content: GrowingFile
    private let digest: Digest
    private let identity: FileIdentity
    private let openFiles: OpenFiles

    init(_ file: OpenFile, _ record: BlobRecord, _ openFiles: OpenFiles) {
        content = GrowingFile(complete: file, size: record.size, lease: nil)
        digest = record.digest
        identity = record.identity
        self.openFiles = openFiles
    }

    /// Bytes.
    package var size: Int64 { identity.size }

    /// For one download, to be held until its last byte is sent. One `fstat`.
    ///
    /// - Returns: nil where the file is no longer the one that was verified, or has no name any
    ///   more: what is to be done then is for the index to say (R5, R6, R21).
    package func lease() -> OpenFiles.Lease? {
        // The lease comes first: whoever unlinks the file from now on counts it as held.
        let lease = openFiles.open(digest, inode: identity.inode)
        guard let now = try? content.file.linkedIdentity(), identity.isSameContent(as: now)
        else { return nil }
        return lease
    }
}

extension Store {
    /// The file of a hit, to be kept open; nil where its content is being verified again.
    package func hotFile(of content: GrowingFile, record: BlobRecord) -> HotFile? {
        guard content.isVerified, content.length == record.size,
            let identity = try? content.file.identity(),
            record.identity.isSameContent(as: identity)
        else { return nil }
        return HotFile(content.file, record, committer.openFiles)
    }
}
