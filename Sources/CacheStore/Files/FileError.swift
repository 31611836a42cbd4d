/// A failed system call on a file of the data directory.

import Glibc

/// The call, the path and `errno`.
package struct FileError: Error, CustomStringConvertible, Sendable {
    package let operation: String
    package let path: String
    package let code: Int32

    init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var isMissing: Bool { code == ENOENT }
    /// No bytes or no inodes left, or a quota reached (R38, R40).
    package var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }

    package var description: String {
        "\(operation) \(path): \(String(cString: strerror(code)))"
    }
}
