// A server process that lives as long as a closure.

import Foundation
import Glibc
import Subprocess

/// A running server process.
struct Daemon: Sendable {
    /// The process's id.
    let processIdentifier: pid_t
    /// Where its standard output and error go.
    let log: URL

    /// Whether the process has not ended yet. An ended one stays a zombie until `withDaemon`
    /// returns, so its id is never another process's.
    var isRunning: Bool {
        guard
            let stat = try? String(
                contentsOfFile: "/proc/\(processIdentifier)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        return stat[end...].dropFirst(2).first != "Z"
    }

    func send(_ signal: Int32) {
        _ = Glibc.kill(processIdentifier, signal)
    }

    /// Waits until the process has ended by itself.
    func waitUntilEnded() async throws {
        try await eventually("the end of process \(processIdentifier)") { !isRunning }
    }

    /// Ends the process by SIGKILL and waits until it is gone.
    func kill() async throws {
        send(SIGKILL)
        try await waitUntilEnded()
    }

    /// User and system time that the process took so far.
    func processorSeconds() throws -> Double {
        let stat = try String(contentsOfFile: "/proc/\(processIdentifier)/stat", encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else { throw ToolFailure(command: ["/proc stat"], reason: stat) }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The highest resident memory the process had so far, in bytes.
    func peakResidentBytes() throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8)
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count > 1, let kibibytes = Int(fields[1]) { return kibibytes * 1024 }
        }
        throw ToolFailure(command: ["/proc status"], reason: "no VmHWM")
    }
}

/// How a `withDaemon` ended.
struct DaemonOutcome<Value> {
    let value: Value
    /// Whether the process ended with status 0.
    let endedCleanly: Bool
}

/// Starts `command`, waits until `isReady`, runs `body`, and ends the process by SIGTERM, and by
/// SIGKILL 10 s later: on return, throw and cancellation alike.
///
/// A shell opens the log (appending) and then becomes the command.
/// - Throws: `DaemonFailure` with the end of the log where the process fails to get ready.
func withDaemon<Value: Sendable>(
    _ command: [String], environment: [String: String?] = [:], log: URL,
    isReady: @Sendable (Daemon) async throws -> Bool, body: (Daemon) async throws -> Value
) async throws -> DaemonOutcome<Value> {
    let teardown = [TeardownStep.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
    var options = PlatformOptions()
    options.teardownSequence = teardown
    let result = try await Subprocess.run(
        .name("sh"), arguments: Arguments(["-c", #"exec "$@" >>"$0" 2>&1"#, log.path] + command),
        environment: .inherit(changing: environment), platformOptions: options,
        input: .none, output: .discarded, error: .discarded
    ) { execution in
        let daemon = Daemon(processIdentifier: execution.processIdentifier.value, log: log)
        try await waitUntilReady(daemon, command: command, isReady: isReady)
        let value = try await body(daemon)
        await execution.teardown(using: teardown)
        return value
    }
    return DaemonOutcome(
        value: result.closureResult, endedCleanly: result.terminationStatus.isSuccess)
}

private func waitUntilReady(
    _ daemon: Daemon, command: [String], isReady: @Sendable (Daemon) async throws -> Bool
) async throws {
    let failure = { DaemonFailure("not ready: \(command.joined(separator: " "))", log: daemon.log) }
    do {
        try await eventually("\(command[0]) is ready") {
            guard daemon.isRunning else { throw failure() }
            return try await isReady(daemon)
        }
    } catch is DeadlineExceeded {
        throw failure()
    }
}

/// Something went wrong with a server process or while it ran; has the last lines of its log,
/// which is gone with its directory when the failure is reported.
struct DaemonFailure: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String, log: URL) {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        let tail = text.split(separator: "\n").suffix(30).joined(separator: "\n")
        description = "\(reason)\n\(log.lastPathComponent) ends with:\n\(tail)"
    }
}
