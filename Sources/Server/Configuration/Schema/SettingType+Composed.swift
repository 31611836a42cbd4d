/// Kinds of values made of others: choices, lists, optional values and mappings.
import OCI
import Upstream

extension SettingType
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of `Value`.
    static func choice() -> SettingType {
        scalar(
            { text throws(InvalidValue) in
                if let value = Value(rawValue: text) { return value }
                let names = Value.allCases.map(\.rawValue)
                throw InvalidValue(
                    "expected \(names.joined(separator: " or ")), not \(text.excerpt)")
            }, render: { YAMLValue.word($0.rawValue) })
    }
}

extension SettingType {
    /// The same, and nil for nothing.
    static func optional<Wrapped>(_ type: SettingType<Wrapped>) -> SettingType
    where Value == Wrapped? {
        SettingType(
            isStructured: type.isStructured,
            parse: { node throws(InvalidSetting) in try type.parse(node) },
            render: { value in value.flatMap(type.render) })
    }

    /// A list, or one value that stands for a list of one.
    static func list<Item: Hashable>(of type: SettingType<Item>) -> SettingType
    where Value == [Item] {
        SettingType(
            isStructured: true,
            parse: { node throws(InvalidSetting) in
                try items(of: node, type)
            },
            render: { items in .sequence(items.compactMap(type.render)) })
    }

    /// A list of at least one item.
    static func nonEmptyList<Item: Hashable>(of type: SettingType<Item>) -> SettingType
    where Value == [Item] {
        let list = list(of: type)
        return SettingType(
            isStructured: true,
            parse: { node throws(InvalidSetting) in
                let items = try list.parse(node)
                guard !items.isEmpty else {
                    throw InvalidSetting("expected at least one", at: node.position)
                }
                return items
            },
            render: list.render)
    }

    private static func items<Item: Hashable>(
        of node: YAMLNode, _ type: SettingType<Item>
    ) throws(InvalidSetting) -> [Item] {
        guard case .sequence(let nodes) = node.content else { return [try type.parse(node)] }
        return try InvalidSetting.collecting(nodes) {
            node, items throws(InvalidSetting) -> Item in
            let item = try type.parse(node)
            guard !items.contains(item) else {
                throw InvalidSetting("is in the list twice", at: node.position)
            }
            return item
        }
    }
}

extension SettingType where Value == ListenAddress {
    /// `host:port`, or a mapping with the key `address`.
    static let listenAddress: SettingType = {
        let address = scalar(ListenAddress.init(parsing:), render: { YAMLValue.text("\($0)") })
        let settings: [Setting<ListenAddress>] = [
            Setting("address", \.self, address)
        ]
        return SettingType(
            isStructured: true,
            parse: { node throws(InvalidSetting) in
                guard case .mapping(let entries) = node.content else {
                    return try address.parse(node)
                }
                var value = ListenAddress(host: "", port: 0)
                try SettingReader.read(entries, settings, into: &value)
                guard !value.host.isEmpty else {
                    throw InvalidSetting("expected the key address", at: node.position)
                }
                return value
            },
            render: address.render)
    }()
}

extension SettingType where Value == CredentialConfiguration {
    /// A mapping of the keys of ``ConfigurationSchema/credential``.
    static let credential = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                throw InvalidSetting(
                    "expected username and password or password_file, or helper, or docker_config",
                    at: node.position)
            }
            var value = CredentialConfiguration()
            try SettingReader.read(entries, ConfigurationSchema.credential, into: &value)
            return value
        },
        render: { value in
            let entries = ConfigurationSchema.credential.compactMap { setting in
                setting.render(value).map { rendered in
                    YAMLValue.Entry(key: setting.path[0], value: rendered)
                }
            }
            return .mapping(entries)
        })
}
