/// Runs commands as the program does, with what they write, read and wait for made up.
import ArgumentParser
import Synchronization
import TestKit
import Testing

@testable import Server

/// What a command wrote.
final class RecordedTerminal: Sendable {
    private let texts = Mutex((output: "", diagnostics: ""))

    var output: String { texts.withLock { $0.output } }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var diagnostics: String { texts.withLock { $0.diagnostics } }

    func terminal(width: Int?, diagnosticsWidth: Int?) -> Terminal {
        Terminal(
            output: { text in self.texts.withLock { $0.output += text } },
            diagnostics: { text in self.texts.withLock { $0.diagnostics += text } },
            width: width, diagnosticsWidth: diagnosticsWidth)
    }
}

/// Stands in for Ctrl-C.
final class Interruption: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func happen() { continuation.finish() }

    /// Returns when it happens, or when the task is cancelled.
    func wait() async { for await _ in stream {} }
}

struct CommandRun {
    let status: CommandStatus
    let output: String
    let diagnostics: String
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

enum CommandFixture {
    /// Unix seconds of all ages.
    static let now: Int64 = 1_800_000_000

    static func timestamp(_ secondsAgo: Int64) -> String { "\(Timestamp(now - secondsAgo))" }

    /// - Parameters:
    ///   - files: all that there are, by path.
    ///   - width: of standard output; nil where it is no terminal.
    static func run<Command: ServerCommand>(
        _ type: Command.Type, _ arguments: [String], variables: [String: String] = [:],
        files: [String: String] = [:], width: Int? = nil, diagnosticsWidth: Int? = nil,
        interruption: Interruption = Interruption()
    ) async throws -> CommandRun {
        let recorded = RecordedTerminal()
        let environment = CommandEnvironment(
            variables: variables, system: ConfigurationFixture.system(files: files),
            terminal: recorded.terminal(width: width, diagnosticsWidth: diagnosticsWidth),
            pollInterval: .zero, interruption: { await interruption.wait() }, now: { now })
        let command = try #require(try Command.parseAsRoot(arguments) as? Command)
        let status = await command.exitStatus(in: environment)
        return CommandRun(
            status: status, output: recorded.output, diagnostics: recorded.diagnostics)
    }
}
