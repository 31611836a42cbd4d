// Runs a client's command to its end.

import Foundation
import Subprocess

/// A command that is run to its end: a registry client, `tar`, `curl`.
struct Tool: Sendable {
    /// What a tool wrote to its standard output, and how it ended.
    struct Outcome: Sendable {
        let succeeded: Bool
        let output: String
        let diagnostics: String
    }

    let name: String
    /// Replaces or adds environment variables.
    var environment: [String: String] = [:]

    /// Runs the tool and returns its standard output.
    /// - Throws: `ToolFailure` when it is missing or ends with another status than 0.
    @discardableResult
    func run(_ arguments: [String]) async throws -> String {
        let outcome = try await attempt(arguments)
        guard outcome.succeeded else {
            throw ToolFailure(
                command: [name] + arguments, reason: outcome.output + outcome.diagnostics)
        }
        return outcome.output
    }

    /// Runs the tool and returns how it ended, whatever that is. The tool ends when the calling
    /// task is cancelled.
    /// - Throws: `ToolFailure` when it is missing.
    func attempt(_ arguments: [String]) async throws -> Outcome {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        let path = try Self.locate(name)
        let result = try await Subprocess.run(
            .name("sh"), arguments: Arguments(["-c", #"exec "$0" "$@""#, path] + arguments),
            environment: .inherit(changing: environment), platformOptions: options,
            output: .string(limit: 4 << 20), error: .string(limit: 4 << 20))
        return Outcome(
            succeeded: result.terminationStatus.isSuccess, output: result.standardOutput,
            diagnostics: result.standardError)
    }

    /// The path of the command `name`; daemons are looked for in the system directories too,
    /// which an ordinary user's PATH leaves out.
    static func locate(_ name: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for directory in (path + ":/usr/sbin:/sbin:/usr/bin").split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw ToolFailure(
            command: [name], reason: "not installed; run scripts/install-packages.sh test")
    }
}

/// A command was missing or failed.
struct ToolFailure: Error, CustomStringConvertible {
    let command: [String]
    let reason: String

    var description: String { "\(command.joined(separator: " ")): \(reason)" }
}

extension Subprocess.Environment {
    /// The test process's own environment with some variables replaced, or removed where nil.
    static func inherit(changing changes: [String: String?]) -> Self {
        let pairs = changes.map { (Key(stringLiteral: $0.key), $0.value) }
        return .inherit.updating(Dictionary(uniqueKeysWithValues: pairs))
    }
}
