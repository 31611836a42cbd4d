/// How the endpoints of an upstream are written.
import OCI
import Upstream

extension SettingType where Value == [EndpointSettings] {
    /// At least one; printed only where there is one.
    static let endpoints: SettingType = {
        let list = nonEmptyList(of: .endpoint)
        return SettingType(
            isStructured: true, parse: list.parse,
            render: { endpoints in endpoints.isEmpty ? nil : list.render(endpoints) })
    }()
}

extension SettingType where Value == EndpointSettings {
    private struct Entry: Sendable, Equatable {
        var url: EndpointURL?
        var resolves = true
    }

    private static var keys: [Setting<Entry>] {
        [
            Setting("url", \.url, .optional(.registryURL)),
            Setting("resolve", \.resolves, .flag),
        ]
    }

    /// A URL, or a mapping with the keys `url` and `resolve`.
    static let endpoint = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                return EndpointSettings(url: try SettingType<EndpointURL>.registryURL.parse(node))
            }
            var entry = Entry()
            try SettingReader.read(entries, keys, into: &entry)
            guard let url = entry.url else {
                throw InvalidSetting("expected the key url", at: node.position)
            }
            return EndpointSettings(url: url, resolves: entry.resolves)
        },
        render: { endpoint in
            guard !endpoint.resolves else { return .text(endpoint.url.description) }
            return .mapping([
                YAMLValue.Entry(key: "url", value: .text(endpoint.url.description)),
                YAMLValue.Entry(key: "resolve", value: .word("false")),
            ])
        })
}
