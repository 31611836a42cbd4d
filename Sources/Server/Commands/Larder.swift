/// The `larder` command.

import ArgumentParser

@main
struct Larder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "larder",
        abstract: "A pull-through cache for container images.",
        version: Version.current,
        subcommands: [
            ServeCommand.self, CheckConfigCommand.self, CheckAccessCommand.self,
            HealthCheckCommand.self, CertificateCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Query",
                subcommands: [
                    StatsCommand.self, ListCommand.self, ShowCommand.self, PinsCommand.self,
                ]),
            CommandGroup(
                name: "Administration",
                subcommands: [
                    PinCommand.self, UnpinCommand.self, PurgeCommand.self, RefreshCommand.self,
                    EvictCommand.self, OfflineCommand.self, VerifyCommand.self,
                    BackupCommand.self,
                ]),
        ])

    static func main() async {
        await main(arguments(Array(CommandLine.arguments.dropFirst())))
    }

    /// With go-docker-proxy's flag as the command that it means: container definitions have it.
    static func arguments(_ given: [String]) -> [String] {
        given == ["-health-check"] || given == ["--health-check"] ? ["health-check"] : given
    }
}
