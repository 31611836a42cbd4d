/// Making index and disk agree again: quickly at start, thoroughly in the background.

import Glibc
import Logging
import NIOPosix
import OCI
import Synchronization

extension Store {
    /// What must be settled before serving; bounded by what was in flight at the crash, not by
    /// the size of the store (R32). Unknown files are left alone (R33).
    func finishInterruptedWork() async throws {
        for digest in try await reader.read({ try $0.deletingBlobs() }) {
            try await committer.remove(digest)
        }
        let resumable = Set(try await reader.read { try $0.checkpoints() })
        let found = try await threads.io.runIfActive { [directory] in
            try Self.sweepFills(directory, keeping: resumable)
        }
        partials.withLock { partials in
            for (digest, size) in found { partials[digest] = budget.account(size) }
        }
        let lost = resumable.subtracting(found.keys)
        guard !lost.isEmpty else { return }
        try await writer.perform { database in
            for digest in lost { try database.deleteCheckpoint(digest) }
        }
    }

    /// Removes partials without a checkpoint; answers those that are kept, with their sizes.
    private static func sweepFills(
        _ directory: DataDirectory, keeping resumable: Set<Digest>
    ) throws -> [Digest: Int64] {
        var kept: [Digest: Int64] = [:]
        for name in DataDirectory.names(in: directory.fills) {
            guard let digest = DataDirectory.fillDigest(name) else { continue }
            let path = directory.fills + "/" + name
            if path == directory.fill(digest) && resumable.contains(digest) {
                kept[digest] = try OpenFile.openForReading(path).identity().diskSize
            } else {
                try DataDirectory.remove(path)
            }
        }
        return kept
    }

    /// Takes in files without a row, after verification, and drops rows without a file (R28,
    /// R29, R32). Runs beside serving and ends with its task.
    package func reconcile() async {
        do {
            let adopted = try await adoptFiles()
            let dropped = try await dropRowsWithoutFile()
            guard adopted + dropped > 0 else { return }
            logger.info(
                "index and disk reconciled",
                metadata: ["adopted": "\(adopted)", "dropped": "\(dropped)"])
        } catch is CancellationError {
            return
        } catch {
            logger.warning("reconciliation broke off", metadata: ["error": "\(error)"])
        }
    }

    private func adoptFiles() async throws -> Int {
        var adopted = 0
        for algorithm in Digest.Algorithm.allCases {
            let root = "\(directory.path)/blobs/\(algorithm.rawValue)"
            let prefixes = try await threads.io.runIfActive { DataDirectory.names(in: root) }
            for prefix in prefixes.sorted() {
                let beganAt = ContinuousClock.now
                let names = try await threads.io.runIfActive {
                    DataDirectory.names(in: root + "/" + prefix)
                }
                let digests = names.compactMap { try? Digest("\(algorithm.rawValue):\($0)") }
                    .filter { $0.hex.hasPrefix(prefix) }
                for digest in try await reports.read({ try $0.unknown(digests) }) {
                    adopted += try await adopt(digest) ? 1 : 0
                }
                try await pause(after: beganAt)
            }
        }
        return adopted
    }

    private func adopt(_ digest: Digest) async throws -> Bool {
        guard let content = try await content(of: digest, record: nil) else { return false }
        return await content.outcome() == nil
    }

    private func dropRowsWithoutFile() async throws -> Int {
        var dropped = 0
        var lastID: Int64 = 0
        while true {
            let beganAt = ContinuousClock.now
            let after = lastID
            let page = try await reports.read { try $0.blobs(after: after, limit: 1000) }
            guard let last = page.last else { return dropped }
            lastID = last.id
            let missing = try await threads.io.runIfActive { [directory] in
                page.map(\.digest).filter { access(directory.blob($0), F_OK) != 0 }
            }
            for digest in missing { try await committer.remove(digest) }
            dropped += missing.count
            try await pause(after: beganAt)
        }
    }

    /// Leaves half of the time to requests, however much there is to do.
    /// - Throws: `CancellationError`.
    private func pause(after beganAt: ContinuousClock.Instant) async throws {
        try await Task.sleep(for: ContinuousClock.now - beganAt)
    }
}
