/// How networks and groups of users are written.
import OCI
import Upstream

extension SettingType where Value == IPNetwork {
    static let network = SettingType.scalar(
        { text throws(InvalidValue) in
            guard let network = IPNetwork(text) else {
                throw InvalidValue(
                    "expected an address or a network such as 10.0.0.0/8, not \(text.excerpt)")
            }
            return network
        }, render: { YAMLValue.text("\($0)") })
}

extension SettingType where Value == [String: [String]] {
    /// A mapping of names to users. A name that is written twice is an error of YAML's.
    static let groups = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                throw InvalidSetting(
                    "expected a mapping of groups, as in {builders: [ci, release]}",
                    at: node.position)
            }
            let users = SettingType<[String]>.list(of: .userName)
            let groups = try InvalidSetting.collecting(
                entries, name: { _, entry in entry.key.shownAsKey }
            ) {
                entry, _ throws(InvalidSetting) -> (String, [String]) in
                (entry.key, try users.parse(entry.value))
            }
            return Dictionary(groups) { first, _ in first }
        },
        render: { groups in
            .mapping(
                groups.sorted { $0.key < $1.key }.map { name, users in
                    .init(key: name, value: .sequence(users.map(YAMLValue.text)))
                })
        })
}
