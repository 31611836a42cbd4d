// The steps of a commit, as the system calls that they are.

import Foundation

/// In the order that docs/fill.md owes.
enum CommitStep: CaseIterable, Sendable {
    case syncFile, rename, syncBlobDirectory, syncFills, row

    static let synced: [Self] = [.syncFile, .syncBlobDirectory, .syncFills]

    /// Whether the file has its name under `blobs/` when this step begins.
    var isAfterRename: Bool { self != .syncFile && self != .rename }

    /// This step in the commit of `digest`.
    func call(for digest: String, in larder: LarderProcess) -> SystemCall {
        switch self {
        case .syncFile: SystemCall(names: "fsync", path: larder.fill(digest))
        case .rename: SystemCall(names: "rename")
        case .syncBlobDirectory:
            SystemCall(names: "fsync", path: larder.blobFile(digest).deletingLastPathComponent())
        case .syncFills: SystemCall(names: "fsync", path: larder.fills)
        case .row: SystemCall(names: "write,pwrite64", path: larder.writeAheadLog)
        }
    }

    /// All steps' calls.
    static let calls = SystemCall(names: "fsync,rename,write,pwrite64")

    /// The step that a line of strace's output is of, for a commit of `digest`.
    static func step(in line: Substring, of digest: String, by larder: LarderProcess) -> Self? {
        allCases.first { step in
            let call = step.call(for: digest, in: larder)
            let isCall = call.names.split(separator: ",").contains { line.contains(" \($0)(") }
            let path = call.path.map { "<\($0.path)>" } ?? "\"\(larder.fill(digest).path)\", "
            return isCall && line.contains(path)
        }
    }
}

extension LarderProcess {
    var fills: URL { dataDirectory.appending(path: "fills") }
    var writeAheadLog: URL { dataDirectory.appending(path: "larder.db-wal") }

    /// Where a download of `digest` is written.
    func fill(_ digest: String) -> URL {
        fills.appending(path: digest.replacing(":", with: "-"))
    }
}
