/// A configuration while it is put together.
import OCI
import Upstream

struct ConfigurationDraft {
    let system: ConfigurationSystem
    var loaded: LoadedConfiguration
    var problems: [ConfigurationProblem] = []
    /// What go-docker-proxy's variables assigned.
    var inherited: [InheritedAssignment] = []

    init(system: ConfigurationSystem) {
        self.system = system
        var configuration = Configuration()
        configuration.dataDirectory = system.defaultDataDirectory
        loaded = LoadedConfiguration(configuration: configuration, origins: [:])
    }

    mutating func report(
        _ message: String, key: String? = nil, origin: ConfigurationOrigin? = nil
    ) {
        problems.append(ConfigurationProblem(origin: origin, key: key, message: message))
    }

    /// Reports at the place where `key` was given, or a key below it, or else one above it.
    mutating func report(_ message: String, _ key: ConfigurationKey) {
        report(message, key: key.description, origin: origin(of: key))
    }

    private func origin(of key: ConfigurationKey) -> ConfigurationOrigin? {
        if let origin = loaded.origins[key] { return origin }
        let related = loaded.origins.filter { candidate, _ in
            candidate.upstream == key.upstream
                && (candidate.path.starts(with: key.path) || key.path.starts(with: candidate.path))
        }
        // The longest path is the nearest: a key below before one above.
        return related.max {
            ($0.key.path.count, $1.key.description) < ($1.key.path.count, $0.key.description)
        }?.value
    }
}

extension ConfigurationDraft {
    /// Assigns a value that was given as text outside of the file.
    mutating func assign(_ text: String, to key: ConfigurationKey, origin: ConfigurationOrigin) {
        do throws(InvalidSetting) {
            if let name = key.upstream {
                try assignUpstream(text, name, key.path)
            } else if let setting = ConfigurationSchema.settings.first(where: {
                $0.path == key.path
            }) {
                let node = try Self.node(text, isStructured: setting.isStructured)
                try setting.assign(node, &loaded.configuration)
            }
            loaded.origins[key] = origin
        } catch {
            for problem in error.problems {
                report(problem.message, key: key.description, origin: origin)
            }
        }
    }

    private mutating func assignUpstream(
        _ text: String, _ name: String, _ path: [String]
    ) throws(InvalidSetting) {
        guard let setting = ConfigurationSchema.upstream.first(where: { $0.path == path }),
            var upstream = loaded.configuration.upstreams[name]
        else { return }
        try setting.assign(try Self.node(text, isStructured: setting.isStructured), &upstream)
        loaded.configuration.upstreams[name] = upstream
    }

    /// The text as a node: JSON (which is YAML) where a list or mapping is possible and the text
    /// looks like one, else a scalar.
    private static func node(
        _ text: String, isStructured: Bool
    ) throws(InvalidSetting) -> YAMLNode {
        let start = TextPosition(line: 1, column: 1)
        let looksLikeJSON =
            text.hasPrefix("[") && text.hasSuffix("]") || text.hasPrefix("{") && text.hasSuffix("}")
        guard isStructured, looksLikeJSON else {
            return YAMLNode(content: .scalar(text, isPlain: false), position: start)
        }
        do throws(YAMLProblem) {
            if let node = try YAMLDocument.parse(text) { return node }
        } catch {
            throw InvalidSetting("not JSON: \(error.message)", at: start)
        }
        throw InvalidSetting("not JSON", at: start)
    }
}
