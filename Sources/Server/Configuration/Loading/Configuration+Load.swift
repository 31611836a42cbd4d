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
    /// The variables of go-docker-proxy that were found.
    var inherited: [InheritedVariable] = []
    /// What is usable now, and will be found wanting.
    var warnings: [String] = []
}

extension Configuration {
    /// Reads, merges and validates. Blocks on files: not for the cooperative pool.
    ///
    /// An empty variable counts as not set. Variables that Kubernetes makes for a service of the
    /// name `larder`, and `LARDER_STRICT` of the build, are not taken for settings.
    ///
    /// Variables of go-docker-proxy stand for Larder's own keys where nothing else gives them. They
    /// cannot make a file or Larder's own variables unusable: then they are left out.
    ///
    /// - Parameter file: nil for `/etc/larder/larder.yaml` if it exists.
    /// - Throws: everything that is wrong, not only the first.
    static func load(
        file: String? = nil,
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = [],
        system: ConfigurationSystem = ConfigurationSystem()
    ) throws(ConfigurationError) -> LoadedConfiguration {
        let variables = PredecessorVariable.given(in: environment)
        let read = { (inherited: [PredecessorVariable.Given]) -> ConfigurationDraft in
            var draft = ConfigurationDraft(system: system)
            draft.apply(predecessor: inherited)
            draft.readFile(file)
            draft.apply(environment: environment)
            draft.apply(overrides: overrides)
            draft.finish()
            return draft
        }
        let draft = read(variables)
        if draft.problems.isEmpty { return draft.loadedWithInheritance() }
        if draft.isConfiguredItself {
            for usable in [variables.filter { !draft.blames($0) }, []]
            where usable.count < variables.count {
                let other = read(usable)
                guard other.problems.isEmpty else { continue }
                return other.loadedWithInheritance(without: variables, for: draft.problems)
            }
        }
        throw ConfigurationError(problems: draft.problems)
    }
}
