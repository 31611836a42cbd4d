/// The `larder` command.

import ArgumentParser

@main
struct Larder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "larder",
        abstract: "A pull-through cache for container images.",
        version: Version.current,
        subcommands: [ServeCommand.self, CheckConfigCommand.self])
}
