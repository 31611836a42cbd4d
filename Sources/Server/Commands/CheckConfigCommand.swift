/// `larder check-config`

import ArgumentParser

struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Validate a configuration and print what it comes to, secrets redacted.")

    @Argument(help: "The configuration file (default: /etc/larder/larder.yaml, if it exists).")
    var file: String?

    func run() async throws {
        let loaded = try await ConfigurationSource(file: file, overrides: []).load()
        for variable in loaded.inherited { print("# \(variable)") }
        for warning in loaded.warnings { print("# warning: \(warning)") }
        print(EffectiveConfiguration(loaded))
    }
}
