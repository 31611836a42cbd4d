/// What all commands have in common that ask the running server.

import ArgumentParser
import CacheStore
import NIOPosix
import UnixSignals

protocol ServerCommand: AsyncParsableCommand {
    var options: ClientOptions { get }

    /// - Throws: `CommandFailure` for everything that is foreseen.
    func perform(_ session: CommandSession) async throws
}

extension ServerCommand {
    func run() async throws {
        let status = await exitStatus(in: CommandEnvironment())
        if status != .done { throw ExitCode(status.rawValue) }
    }

    /// Runs the command and tells of its failure on standard error.
    func exitStatus(in environment: CommandEnvironment) async -> CommandStatus {
        do {
            let choice = try await environment.choice(options)
            try await ServerClient.with(
                choice.address, choice.credential, choice.trust
            ) { client in
                try await perform(
                    CommandSession(
                        client: client,
                        offline: choice.configuration.map {
                            OfflineStatistics(configuration: $0, environment: environment)
                        }, environment: environment, isJSON: options.json))
            }
            return .done
        } catch let failure as CommandFailure {
            environment.terminal.note("Error: \(failure.message)")
            return failure.status
        } catch {
            environment.terminal.note("Error: \(error)")
            return .failed
        }
    }
}

/// What a command needs of the process around it, replaceable in tests.
struct CommandEnvironment: Sendable {
    var variables = ProcessEnvironment.all
    var system = ConfigurationSystem()
    var terminal = Terminal.standard
    /// Between two looks at long work.
    var pollInterval = Duration.milliseconds(500)
    /// Returns when the user wants the command to end, or when the task is cancelled.
    var interruption: @Sendable () async -> Void = {
        for await _ in await UnixSignalsSequence(trapping: .sigint) { return }
    }
    /// Unix seconds.
    var now: @Sendable () -> Int64 = StoreClock.steady().now

    func choice(_ options: ClientOptions) async throws -> ServerChoice {
        try await NIOThreadPool.singleton.runIfActive { [variables, system] in
            try ServerChoice.resolve(options, environment: variables, system: system)
        }
    }
}
