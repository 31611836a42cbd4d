/// The flags that commands share which ask the running server.

import ArgumentParser
import OCI

struct ClientOptions: ParsableArguments {
    static let serverVariable = "LARDER_SERVER"

    @Option(
        help: ArgumentHelp(
            "The server, as http://host:port, https://host:port or unix:/path.",
            discussion: """
                Without it, \(serverVariable); else the address of the configuration: \
                admin.listen, or the first of listen_plain or listen.
                """))
    var server: String?

    @Option(
        help: ArgumentHelp(
            "A file with the admin token.",
            discussion: """
                Without it, \(AdminCredential.variable); else, for a server on this machine, the \
                configuration's token or admin.token in the data directory.
                """))
    var tokenFile: String?

    @OptionGroup var trust: TrustOptions

    @Option(
        name: [.short, .customLong("config")],
        help: "The configuration file (default: /etc/larder/larder.yaml, if it exists).")
    var configurationFile: String?

    @Option(help: "The directory of blobs and index.")
    var dataDir: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    var source: ConfigurationSource {
        let overrides = dataDir.map {
            [ConfigurationOverride(key: "data_dir", value: $0, flag: "--data-dir")]
        }
        return ConfigurationSource(file: configurationFile, overrides: overrides ?? [])
    }
}

/// The server that a command asks, and with what token.
struct ServerChoice: Sendable, Equatable {
    let address: ServerAddress
    let credential: AdminCredential
    let trust: ServerTrust
    /// Whose index may be read where no server answers; nil where an address was given.
    let configuration: Configuration?

    /// Reads the configuration where the options and variables leave something open. Blocks on
    /// files.
    ///
    /// - Throws: `CommandFailure`, `ConfigurationError`.
    static func resolve(
        _ options: ClientOptions, environment: [String: String], system: ConfigurationSystem
    ) throws -> ServerChoice {
        let given =
            options.server
            ?? environment[ClientOptions.serverVariable].flatMap {
                $0.isEmpty ? nil : $0
            }
        let load = {
            try options.source.load(environment: environment, system: system).configuration
        }
        guard let given else {
            let configuration = try load()
            return ServerChoice(
                address: try address { try ServerAddress(of: configuration) },
                credential: try credential(options, environment, configuration, system),
                trust: try options.trust.trust(otherwise: .anything, system),
                configuration: configuration)
        }
        let address = try address { try ServerAddress(parsing: given) }
        let needsConfiguration =
            address.isLocal && options.tokenFile == nil
            && environment[AdminCredential.variable, default: ""].isEmpty
        return ServerChoice(
            address: address,
            credential: try credential(
                options, environment, needsConfiguration ? try load() : nil, system),
            trust: try options.trust.trust(otherwise: .system, system),
            configuration: nil)
    }

    private static func address(
        _ make: () throws -> ServerAddress
    ) throws -> ServerAddress {
        do {
            return try make()
        } catch let error as InvalidValue {
            throw CommandFailure.usage("--server: \(error.message)")
        }
    }

    private static func credential(
        _ options: ClientOptions, _ environment: [String: String],
        _ configuration: Configuration?, _ system: ConfigurationSystem
    ) throws -> AdminCredential {
        try AdminCredential.find(
            file: options.tokenFile, environment: environment, configuration: configuration,
            system: system)
    }
}
