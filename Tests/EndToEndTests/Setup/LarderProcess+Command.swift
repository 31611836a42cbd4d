// larder's commands for people, as processes of their own.

import Foundation
import Subprocess

/// What a command wrote and how it ended.
struct CommandOutcome: Sendable {
    /// The exit code; nil where a signal ended it.
    let code: Int32?
    let output: String
    let diagnostics: String
}

extension LarderProcess {
    /// Runs `larder ARGUMENTS --config …` to its end, with the configuration that the server has.
    func command(_ arguments: String...) async throws -> CommandOutcome {
        try await run(arguments + configurationOption)
    }

    /// Runs `larder ARGUMENTS` to its end, with the environment that the server has.
    func run(_ arguments: [String]) async throws -> CommandOutcome {
        let result = try await Subprocess.run(
            .name("sh"),
            arguments: Arguments(
                ["-c", #"exec "$0" "$@""#, try Self.executable()] + arguments),
            environment: .inherit(changing: processEnvironment),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        var code: Int32?
        if case .exited(let status) = result.terminationStatus { code = status }
        return CommandOutcome(
            code: code, output: result.standardOutput, diagnostics: result.standardError)
    }

    /// Forgets an image of docker.io, so that its next pull comes from the registry.
    func purge(_ image: Image) async throws {
        let outcome = try await command("purge", "docker.io/\(image.repository):\(image.tag)")
        guard outcome.code == 0 else {
            throw ToolFailure(command: ["larder", "purge"], reason: outcome.diagnostics)
        }
    }
}
