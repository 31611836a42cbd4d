/// The data directory: its layout, its lock, its paths.

import Glibc
import OCI

/// ```
/// <data>/larder.db (WAL)   blobs/sha256/ab/<hex>   fills/sha256-<hex>   lock
/// ```
/// Paths are built from validated hex only (R72).
package final class DataDirectory: Sendable {
    package let path: String
    private let lock: OpenFile

    /// Another process holds the directory (R37).
    package struct InUse: Error, CustomStringConvertible {
        let path: String
        package var description: String {
            "the data directory \(path) is in use by another process: one process per directory"
        }
    }

    /// Makes what is missing (mode 0700) and takes the lock, which ends with the process.
    package init(_ path: String) throws {
        self.path = path
        for directory in ["", "/blobs", "/blobs/sha256", "/blobs/sha512", "/fills"] {
            try Self.makeDirectory(path + directory)
        }
        lock = try OpenFile.open(path + "/lock", flags: O_RDWR | O_CREAT)
        guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? InUse(path: path) : FileError("flock", path + "/lock")
        }
    }

    /// Gives the lock up, when nothing works on the directory any more.
    func unlock() {
        _ = flock(lock.descriptor, LOCK_UN)
    }

    var database: String { path + "/larder.db" }
    var fills: String { Self.fills(in: path) }

    static func fills(in directory: String) -> String { directory + "/fills" }

    func blobDirectory(of digest: Digest) -> String {
        "\(path)/blobs/\(digest.algorithm.rawValue)/\(digest.hex.prefix(2))"
    }

    func blob(_ digest: Digest) -> String {
        "\(blobDirectory(of: digest))/\(digest.hex)"
    }

    func fill(_ digest: Digest) -> String {
        "\(fills)/\(digest.algorithm.rawValue)-\(digest.hex)"
    }

    /// Two repositories may bring the same manifest at once: each writes a file of its own.
    func manifestFill(_ digest: Digest, unique: Int) -> String {
        "\(fill(digest))-manifest-\(unique)"
    }

    /// The digest that a name under `fills/` stands for; nil for an unknown file.
    static func fillDigest(_ name: String) -> Digest? {
        try? Digest(name.split(separator: "-").prefix(2).joined(separator: ":"))
    }

    /// Bytes of the file system that holds the directory, in all and free for this process.
    func space() throws(FileError) -> (total: Int64, available: Int64) {
        try Self.space(of: path)
    }

    static func space(of path: String) throws(FileError) -> (total: Int64, available: Int64) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileError("statvfs", path) }
        let unit = Int64(status.f_frsize)
        return (Int64(status.f_blocks) * unit, Int64(status.f_bavail) * unit)
    }

    /// Makes a directory and its parents, as `mkdir -p -m 0700`.
    static func makeDirectory(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileError("mkdir", path)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path) }
    }

    static func sync(directory: String) throws(FileError) {
        try OpenFile.open(directory, flags: O_RDONLY | O_DIRECTORY).sync()
    }

    /// Answers whether there was a file to remove.
    @discardableResult
    static func remove(_ path: String) throws(FileError) -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw FileError("unlink", path) }
        return false
    }

    static func rename(_ source: String, to target: String) throws(FileError) {
        guard Glibc.rename(source, target) == 0 else { throw FileError("rename", source) }
    }

    static func exists(_ path: String) throws(FileError) -> Bool {
        if access(path, F_OK) == 0 { return true }
        guard errno == ENOENT else { throw FileError("access", path) }
        return false
    }

    /// Copies a file's content.
    static func copy(_ source: String, to target: String) throws(FileError) {
        let input = try OpenFile.openForReading(source)
        let output = try OpenFile.open(target, flags: O_WRONLY | O_CREAT | O_TRUNC)
        let size = try input.identity().size
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < size {
            let count = try input.read(into: buffer, at: offset)
            guard count > 0 else { throw FileError("read to the end of", source, code: EIO) }
            try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
        try output.sync()
    }

    /// The names in a directory, `.` and `..` left out; empty where there is none.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
