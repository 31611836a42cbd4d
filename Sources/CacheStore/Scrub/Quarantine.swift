/// Damaged files, kept aside for whoever wants to know what happened to them.

import Glibc
import Logging
import NIOPosix
import OCI

/// The last few damaged files, in `quarantine/`; they count against the budget and go first.
struct Quarantine: Sendable {
    static let limit = 8

    let path: String
    let threads: StoreThreads

    /// Takes a blob's file out of `blobs/`, so that the next use fetches it again.
    func take(_ digest: Digest, from blob: String, now: Int64) async throws {
        try await threads.sync.runIfActive {
            try DataDirectory.makeDirectory(path)
            let target = "\(path)/\(now)-\(digest.algorithm.rawValue)-\(digest.hex)"
            do throws(FileError) {
                try DataDirectory.rename(blob, to: target)
            } catch {
                guard error.isMissing else { throw error }
            }
            for name in DataDirectory.names(in: path).sorted().dropLast(Self.limit) {
                try DataDirectory.remove(path + "/" + name)
            }
        }
    }

    /// Bytes on the disk.
    func size() async throws -> Int64 {
        try await threads.sync.runIfActive {
            DataDirectory.names(in: path).reduce(0) { sum, name in
                let file = try? OpenFile.openForReading(path + "/" + name)
                return sum + ((try? file?.identity().diskSize) ?? 0)
            }
        }
    }

    func empty() async throws {
        try await threads.sync.runIfActive {
            for name in DataDirectory.names(in: path) {
                try DataDirectory.remove(path + "/" + name)
            }
        }
    }
}
