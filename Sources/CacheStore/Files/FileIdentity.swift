/// What tells that a file is still the one that was verified.

import Glibc

/// Size, inode and times as `fstat` gives them. Recorded at commit and compared at every
/// open: a difference sends the file through verification again (R5, R6).
package struct FileIdentity: Hashable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Bytes that the file takes up on the disk.
    package let diskSize: Int64
    package let inode: Int64
    package let modifiedNanoseconds: Int64
    package let changedNanoseconds: Int64

    init(
        size: Int64, diskSize: Int64, inode: Int64, modifiedNanoseconds: Int64,
        changedNanoseconds: Int64
    ) {
        self.size = size
        self.diskSize = diskSize
        self.inode = inode
        self.modifiedNanoseconds = modifiedNanoseconds
        self.changedNanoseconds = changedNanoseconds
    }

    init(_ status: stat) {
        self.init(
            size: Int64(status.st_size),
            diskSize: Int64(status.st_blocks) * 512,
            inode: Int64(bitPattern: UInt64(status.st_ino)),
            modifiedNanoseconds: Self.nanoseconds(status.st_mtim),
            changedNanoseconds: Self.nanoseconds(status.st_ctim))
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The same file with the same content; `diskSize` may settle later, when delayed
    /// allocation ends.
    func isSameContent(as other: FileIdentity) -> Bool {
        size == other.size && inode == other.inode
            && modifiedNanoseconds == other.modifiedNanoseconds
            && changedNanoseconds == other.changedNanoseconds
    }
}
