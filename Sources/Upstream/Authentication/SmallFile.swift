// Reads a file of bounded length. Blocks: for a thread of its own only.
import Glibc

enum SmallFile {
    static func contents(of path: String, limit: Int) throws(CredentialFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = read(descriptor, &block, block.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            bytes += block[..<count]
            guard bytes.count <= limit else {
                throw CredentialFailure(reason: "is longer than \(limit) bytes")
            }
        }
    }

    private static func failure(_ code: Int32) -> CredentialFailure {
        let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return CredentialFailure(reason: "cannot be read: \(text)")
    }
}
