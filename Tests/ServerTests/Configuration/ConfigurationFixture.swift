/// Loads configurations from texts, with files and identity made up.
@testable import Server

enum ConfigurationFixture {
    static let path = "larder.yaml"

    /// Loads `yaml` as the file `larder.yaml`, beside which only `files` exist.
    static func load(
        _ yaml: String = "",
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = [],
        files: [String: String] = [:]
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try Configuration.load(
            file: path, environment: environment, overrides: overrides,
            system: system(files: files.merging([path: yaml]) { one, _ in one }))
    }

    /// The lines of the error that loading gives; none where it succeeds.
    static func problems(
        _ yaml: String = "",
        environment: [String: String] = [:],
        overrides: [ConfigurationOverride] = [],
        files: [String: String] = [:]
    ) -> [String] {
        do {
            _ = try load(yaml, environment: environment, overrides: overrides, files: files)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    static func system(files: [String: String], isRoot: Bool = true) -> ConfigurationSystem {
        ConfigurationSystem(
            defaultFile: "/etc/larder/larder.yaml", isRoot: isRoot,
            readFile: { path, _ throws(FileProblem) in
                guard let text = files[path] else { throw .notFound }
                return Array(text.utf8)
            })
    }
}
