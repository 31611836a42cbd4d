/// Puts a configuration together: flag before environment before file before default.

/// A value given on the command line.
struct ConfigurationOverride: Sendable, Equatable {
    /// Such as `data_dir` or `upstreams.docker.io.url`.
    var key: String
    /// A list is JSON; a single item can stand for a list of one.
    var value: String
    /// As it was typed, for messages: `--data-dir`.
    var flag: String
}

/// A usable configuration, and where each value that is not the default comes from.
struct LoadedConfiguration: Sendable, Equatable {
    var configuration: Configuration
    var origins: [ConfigurationKey: ConfigurationOrigin]
    /// The file that was read, nil if there was none.
    var file: String?
}

extension Configuration {
    /// Reads, merges and validates. Blocks on files: not for the cooperative pool.
    ///
    /// An empty variable counts as not set. Variables that Kubernetes makes for a service of the
    /// name `larder`, and `LARDER_STRICT` of the build, are not taken for settings.
    ///
    /// - Parameter file: nil for `/etc/larder/larder.yaml` if it exists.
    /// - Throws: everything that is wrong, not only the first.
    static func load(
        file: String? = nil,
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = [],
        system: ConfigurationSystem = ConfigurationSystem()
    ) throws(ConfigurationError) -> LoadedConfiguration {
        var draft = ConfigurationDraft(system: system)
        draft.readFile(file)
        draft.apply(environment: environment)
        draft.apply(overrides: overrides)
        draft.finish()
        guard draft.problems.isEmpty else { throw ConfigurationError(problems: draft.problems) }
        return draft.loaded
    }
}
