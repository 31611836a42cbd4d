// A directory that lives as long as a closure.

import Foundation

/// Runs `body` with a fresh directory and removes it afterwards.
///
/// The path is short because daemons put Unix sockets (at most 107 bytes) below it. It is kept,
/// and printed, where the environment variable `LARDER_E2E_KEEP` is set.
func withTemporaryDirectory<Value>(
    _ body: (URL) async throws -> Value
) async throws -> Value {
    let name = "larder-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    let directory = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer {
        if ProcessInfo.processInfo.environment["LARDER_E2E_KEEP"] == nil {
            try? FileManager.default.removeItem(at: directory)
        } else {
            print("kept: \(directory.path)")
        }
    }
    return try await body(directory)
}

extension URL {
    /// A new directory below this one.
    func newDirectory(_ name: String) throws -> URL {
        let directory = appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    /// Writes `text` to the file `name` in this directory and returns its URL.
    @discardableResult
    func write(_ text: String, to name: String) throws -> URL {
        let file = appending(path: name)
        try Data(text.utf8).write(to: file)
        return file
    }

    /// The names in this directory; none where it does not exist.
    func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// The size of this file in bytes; 0 where it does not exist.
    func fileSize() -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }
}
