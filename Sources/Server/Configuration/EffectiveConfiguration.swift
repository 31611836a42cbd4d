/// Prints a configuration as YAML that reads back to the same, save for the secrets.
import Upstream

/// The configuration that results from every source, with the source behind each value that is
/// not the default. Passwords are printed as `<redacted>`.
struct EffectiveConfiguration: Sendable, CustomStringConvertible {
    private let configuration: Configuration
    private let origins: [ConfigurationKey: ConfigurationOrigin]

    init(_ loaded: LoadedConfiguration) {
        configuration = loaded.configuration
        origins = loaded.origins
    }

    /// In the order of the schema; the upstreams by name. Of an upstream, the values that every
    /// upstream has unless told otherwise are left out.
    var description: String {
        let settings = ConfigurationSchema.settings.compactMap { setting in
            setting.render(configuration).map { value in
                Line(path: setting.path[...], value: value, key: .init(path: setting.path))
            }
        }
        let upstreams = YAMLValue.Entry(
            key: ConfigurationSchema.upstreamsKey, value: .mapping(upstreamEntries))
        return YAMLWriter.text(entries(settings) + [upstreams])
    }

    private var upstreamEntries: [YAMLValue.Entry] {
        let removed = BuiltInUpstreams.all.keys.filter { configuration.upstreams[$0] == nil }
        let names = (Array(configuration.upstreams.keys) + removed).sorted()
        return names.map { name in
            guard let upstream = configuration.upstreams[name] else {
                let disabled = YAMLValue.Entry(key: "enabled", value: .word("false"))
                return YAMLValue.Entry(key: name, value: .mapping([disabled]))
            }
            return YAMLValue.Entry(key: name, value: .mapping(entries(lines(of: upstream))))
        }
    }

    private func lines(of upstream: UpstreamConfiguration) -> [Line] {
        let plain = UpstreamConfiguration(name: upstream.name, url: upstream.endpoints[0].url)
        let base = BuiltInUpstreams.all[upstream.name] ?? plain
        return ConfigurationSchema.upstream.compactMap { setting in
            let isPlain = setting.isEqual(upstream, plain) && setting.isEqual(base, plain)
            guard !isPlain || setting.path == ["url"], let value = setting.render(upstream) else {
                return nil
            }
            let key = ConfigurationKey(upstream: upstream.name, path: setting.path)
            return Line(path: setting.path[...], value: value, key: key)
        }
    }

    private struct Line {
        var path: ArraySlice<String>
        let value: YAMLValue
        let key: ConfigurationKey
    }

    /// Lines with a common first level, which stand beside each other, become one mapping.
    private func entries(_ lines: [Line]) -> [YAMLValue.Entry] {
        var entries: [YAMLValue.Entry] = []
        var rest = lines[...]
        while let first = rest.first, let name = first.path.first {
            let group = rest.prefix { $0.path.first == name }
            rest = rest.dropFirst(group.count)
            if first.path.count == 1 {
                entries.append(.init(key: name, value: first.value, comment: comment(first.key)))
            } else {
                let below = group.map {
                    Line(path: $0.path.dropFirst(), value: $0.value, key: $0.key)
                }
                entries.append(.init(key: name, value: .mapping(self.entries(below))))
            }
        }
        return entries
    }

    private func comment(_ key: ConfigurationKey) -> String? {
        switch origins[key] {
        case .file(_, let position): "line \(position.line)"
        case .environment(let name), .flag(let name): name
        case nil: nil
        }
    }
}
