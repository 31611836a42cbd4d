// strace on a running server: sees its system calls, and makes them fail or be its last.

import Foundation

/// A system call that strace watches or changes.
struct SystemCall: Sendable {
    /// One or several names, separated by commas.
    let names: String
    /// The file or directory that the call is about; nil for any.
    var path: URL?

    enum Fault: String, Sendable {
        /// Nothing is done and the disk's error returned.
        case inputOutputError = "error=EIO"
        /// The process is killed as it makes the call.
        case kill = "signal=SIGKILL"
    }

    /// Does `fault` to every such call of `daemon` while `body` runs.
    func injecting<Value: Sendable>(
        _ fault: Fault, into daemon: Daemon, _ body: () async throws -> Value
    ) async throws -> Value {
        let paths = path.map { ["-P", $0.path] } ?? []
        let options = paths + ["-e", "trace=\(names)", "-e", "inject=\(names):\(fault.rawValue)"]
        return try await Self.attached(to: daemon, options) { _ in try await body() }
    }

    /// Runs `body` with the file that such calls of `daemon` are written to, a line each, with
    /// the paths of descriptors.
    func recording<Value: Sendable>(
        of daemon: Daemon, _ body: (URL) async throws -> Value
    ) async throws -> Value {
        try await Self.attached(to: daemon, ["-y", "-e", "trace=\(names)"], body)
    }

    private static func attached<Value: Sendable>(
        to daemon: Daemon, _ options: [String], _ body: (URL) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { directory in
            let calls = directory.appending(path: "calls")
            let command = [
                try Tool.locate("strace"), "-f", "-qq", "-o", calls.path,
                "-p", String(daemon.processIdentifier),
            ]
            return try await withDaemon(
                command + options, log: directory.appending(path: "strace.log"),
                isReady: { _ in daemon.isTraced }, body: { _ in try await body(calls) }
            ).value
        }
    }
}

extension Daemon {
    /// Whether a tracer is attached to every thread.
    fileprivate var isTraced: Bool {
        let tasks = URL(filePath: "/proc/\(processIdentifier)/task")
        return tasks.names().allSatisfy { thread in
            let status = tasks.appending(path: "\(thread)/status")
            let text = (try? String(contentsOf: status, encoding: .utf8)) ?? ""
            return !text.contains("TracerPid:\t0\n")
        }
    }
}
