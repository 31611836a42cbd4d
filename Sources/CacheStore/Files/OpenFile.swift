/// An open file descriptor that closes itself.

import CLinux
import Glibc
import Synchronization

/// Blocking calls, for threads of the I/O pools only.
package final class OpenFile: Sendable {
    package let descriptor: CInt
    package let path: String
    private let hasFailedToSync = Atomic(false)

    private init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        Glibc.close(descriptor)
    }

    static func open(_ path: String, flags: CInt, mode: mode_t = 0o600) throws(FileError)
        -> OpenFile
    {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileError("open", path) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    static func openForReading(_ path: String) throws(FileError) -> OpenFile {
        try open(path, flags: O_RDONLY)
    }

    func identity() throws(FileError) -> FileIdentity {
        let status = try status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError("open as a regular file", path, code: EINVAL)
        }
        return FileIdentity(status)
    }

    /// Whether a name still leads to it.
    func isLinked() throws(FileError) -> Bool { try status().st_nlink > 0 }

    /// Bytes that it has at the moment.
    func size() throws(FileError) -> Int64 { Int64(try status().st_size) }

    /// Its identity, nil where no name leads to it any more.
    func linkedIdentity() throws(FileError) -> FileIdentity? {
        let status = try status()
        return status.st_nlink > 0 ? FileIdentity(status) : nil
    }

    private func status() throws(FileError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", path) }
        return status
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done,
                off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            done += count
        }
    }

    /// Fills `buffer` as far as the file goes; answers the number of bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int
    {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
                off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Exactly `count` bytes.
    func readAll(count: Int, at offset: Int64 = 0) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { try self.read(into: $0, at: offset) }
        guard read == count else { throw FileError("read to the end of", path, code: EIO) }
        return bytes
    }

    /// Whether `count` bytes from `offset` on are in memory, judged by a few of them; true where
    /// the file system cannot tell.
    func isResident(at offset: Int64, count: Int64) -> Bool {
        larder_is_resident(descriptor, offset, count) != 0
    }

    /// Waits until content and size are on the disk. A failure is final: the kernel may have
    /// dropped the pages, so that a later call that succeeded would say nothing (R27).
    func sync() throws(FileError) {
        guard !hasFailedToSync.load(ordering: .acquiring) else {
            throw FileError("fsync after a failed fsync of", path, code: EIO)
        }
        guard fsync(descriptor) == 0 else {
            let error = FileError("fsync", path)
            hasFailedToSync.store(true, ordering: .releasing)
            throw error
        }
    }

    /// Has the kernel begin to write out the bytes, without waiting.
    func startWriteback(from offset: Int64, count: Int64) {
        _ = larder_start_writeback(descriptor, offset, count)
    }

    /// Another descriptor of the same open file, for an owner that closes it.
    func duplicate() throws(FileError) -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw FileError("dup", path) }
        return copy
    }

    func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path) }
    }
}
