// A blob of 2 GiB that takes little time and disk to make.

import Foundation

/// A sparse file of 2 GiB with a different line at the start of each MiB, so that bytes out of
/// order do not go unseen.
enum LargeBlob {
    static let size = 2 << 30
    /// The content is always the same, and so is its digest.
    static let digest = "sha256:964ff1fca65e982033844f4fc2dc0714292eea85ba040d1c7e95a1be50d4eb1b"

    /// Writes it to `file`.
    static func write(to file: URL) throws {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.truncate(atOffset: UInt64(size))
        for block in 0..<(size >> 20) {
            let number = String(block)
            let padded = String(repeating: "0", count: 8 - number.count) + number
            try handle.seek(toOffset: UInt64(block) << 20)
            try handle.write(contentsOf: Data("larder block \(padded)\n".utf8))
        }
    }
}
