/// `larder health-check`

import ArgumentParser
import NIOCore
import NIOPosix

/// For containers: exit code 0 where the server is ready, 1 where it is not, and no other.
struct HealthCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health-check",
        abstract: "Ask the running server whether it serves: exit code 0 or 1.",
        discussion: "`larder -health-check`, as go-docker-proxy has it, is the same.")

    @Option(
        help: """
            The server, as http://host:port or https://host:port (default: \
            \(ClientOptions.serverVariable), or the first address of the configuration).
            """)
    var server: String?

    @OptionGroup var trust: TrustOptions

    @Option(
        name: [.short, .customLong("config")],
        help: "The configuration file (default: /etc/larder/larder.yaml, if it exists).")
    var file: String?

    private static let limit = TimeAmount.seconds(5)

    func run() async throws {
        guard await isHealthy(in: CommandEnvironment()) else { throw ExitCode.failure }
    }

    func isHealthy(in environment: CommandEnvironment) async -> Bool {
        do {
            let (address, trust) = try await NIOThreadPool.singleton.runIfActive {
                [server, options = self.trust, file] in
                let (address, isOwn) = try Self.address(
                    server, configuration: file, in: environment)
                let otherwise = isOwn ? ServerTrust.anything : .system
                return (address, try options.trust(otherwise: otherwise, environment.system))
            }
            let credential = AdminCredential(token: nil, origin: "none is needed")
            _ = try await ServerClient.with(address, credential, trust) { client in
                try await client.send(.get, "/readyz", within: Self.limit)
            }
            return true
        } catch let failure as CommandFailure {
            environment.terminal.note("Error: \(failure.message)")
        } catch {
            environment.terminal.note("Error: \(error)")
        }
        return false
    }

    /// The second is whether it is the configuration's own. Blocks on files.
    private static func address(
        _ server: String?, configuration file: String?, in environment: CommandEnvironment
    ) throws -> (ServerAddress, Bool) {
        let variable = environment.variables[ClientOptions.serverVariable]
        if let given = server ?? variable, !given.isEmpty {
            return (try ServerAddress(parsing: given), false)
        }
        var configuration = try ConfigurationSource(file: file, overrides: []).load(
            environment: environment.variables, system: environment.system
        ).configuration
        configuration.admin.listen = nil
        return (try ServerAddress(of: configuration), true)
    }
}
