/// The flags that stand for configuration keys, and where a configuration is read from.

import ArgumentParser
import FoundationEssentials
import NIOPosix

struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.short, .customLong("config")],
        help: "The configuration file (default: /etc/larder/larder.yaml, if it exists).")
    var file: String?

    @Option(help: "Address and port to listen on, as 0.0.0.0:5000; repeatable.")
    var listen: [String] = []

    @Option(help: "The directory of blobs and index.")
    var dataDir: String?

    @Option(help: "The domain below which upstreams have virtual hosts.")
    var domain: String?

    @Option(help: "The upstream of bare names.")
    var defaultUpstream: String?

    @Option(help: "The size budget, as 50GiB.")
    var maxSize: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "text or json.")
    var logFormat: String?

    var source: ConfigurationSource {
        ConfigurationSource(file: file, overrides: overrides)
    }

    private var overrides: [ConfigurationOverride] {
        let single = [
            ("data_dir", dataDir, "--data-dir"), ("domain", domain, "--domain"),
            ("default_upstream", defaultUpstream, "--default-upstream"),
            ("cache.max_size", maxSize, "--max-size"), ("log.level", logLevel, "--log-level"),
            ("log.format", logFormat, "--log-format"),
        ].compactMap { key, value, flag in
            value.map { ConfigurationOverride(key: key, value: $0, flag: flag) }
        }
        guard !listen.isEmpty else { return single }
        let list = (try? JSONEncoder().encode(listen)).map { String(decoding: $0, as: UTF8.self) }
        return single + [
            ConfigurationOverride(key: "listen", value: list ?? listen[0], flag: "--listen")
        ]
    }
}

/// File, environment and flags, to be read at start and again at SIGHUP.
struct ConfigurationSource: Sendable {
    let file: String?
    let overrides: [ConfigurationOverride]

    func load() async throws -> LoadedConfiguration {
        try await NIOThreadPool.singleton.runIfActive {
            try load(environment: ProcessEnvironment.all, system: ConfigurationSystem())
        }
    }

    /// Blocks on files.
    func load(
        environment: [String: String], system: ConfigurationSystem
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try Configuration.load(
            file: file, environment: environment, overrides: overrides, system: system)
    }
}
