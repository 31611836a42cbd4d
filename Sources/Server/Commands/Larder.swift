/// The `larder` command.

import ArgumentParser

@main
struct Larder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "larder",
        abstract: "A pull-through cache for container images.",
        version: Version.current,
        subcommands: [ServeCommand.self, CheckConfigCommand.self],
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
}
