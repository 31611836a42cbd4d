// A file system that is easily full.

import Foundation

/// A tmpfs; making it needs root.
struct SmallFileSystem: Sendable {
    /// What of it is used up.
    enum Resource: String, CaseIterable, Sendable {
        case bytes, inodes
    }

    let root: URL
    private var filler: URL { root.appending(path: "filler") }

    /// Mounts one of 48 MB and 200 inodes at `root` while `body` runs.
    static func with<Value>(
        at root: URL, _ body: (SmallFileSystem) async throws -> Value
    ) async throws -> Value {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try await Tool(name: "mount").run([
            "-t", "tmpfs", "-o", "size=48m,nr_inodes=200", "larder-test", root.path,
        ])
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(SmallFileSystem(root: root)))
        } catch {
            outcome = .failure(error)
        }
        try await Tool(name: "umount").run([root.path])
        return try outcome.get()
    }

    /// Takes all that is left.
    func useUp(_ resource: Resource) async throws {
        let directory = try root.newDirectory("filler")
        let script =
            switch resource {
            case .bytes: #"dd if=/dev/zero of="$0/zeros" bs=4k status=none"#
            case .inodes: #"i=0; while : >"$0/$i"; do i=$((i + 1)); done"#
            }
        let outcome = try await Tool(name: "bash").attempt(["-c", script, directory.path])
        guard outcome.diagnostics.contains("No space left") else {
            throw ToolFailure(command: ["fill up"], reason: outcome.diagnostics)
        }
    }

    /// Gives it back.
    func release() throws {
        try FileManager.default.removeItem(at: filler)
    }
}
