/// How rules about redirects are written.
import OCI
import Upstream

extension SettingType where Value == Glob {
    /// A host name in which `*` and `?` may stand for characters.
    static let hostPattern = SettingType.scalar(
        { text throws(InvalidValue) in
            let name = String(text.map { $0 == "*" || $0 == "?" ? "x" : $0 })
            guard HostName(name) != nil else {
                throw InvalidValue(
                    "expected a host name, perhaps with *, as in *.example.com, not "
                        + text.excerpt)
            }
            return Glob(text.lowercased())
        }, render: { YAMLValue.text("\($0)") })
}

extension SettingType where Value == RedirectRule {
    /// A mapping of `hosts` and `action`.
    static let redirectRule = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                throw InvalidSetting("expected hosts and action", at: node.position)
            }
            var rule = WrittenRedirectRule()
            try SettingReader.read(entries, WrittenRedirectRule.settings, into: &rule)
            guard let action = rule.action, !rule.hosts.isEmpty else {
                throw InvalidSetting("expected both hosts and action", at: node.position)
            }
            return RedirectRule(hosts: rule.hosts, action: action)
        },
        render: { rule in
            let written = WrittenRedirectRule(hosts: rule.hosts, action: rule.action)
            return .mapping(
                WrittenRedirectRule.settings.compactMap { setting in
                    setting.render(written).map { .init(key: setting.path[0], value: $0) }
                })
        })
}

/// A rule as far as it was read.
private struct WrittenRedirectRule: Sendable {
    var hosts: [Glob] = []
    var action: RedirectAction?

    static let settings: [Setting<WrittenRedirectRule>] = [
        Setting("hosts", \.hosts, .nonEmptyList(of: .hostPattern)),
        Setting("action", \.action, .optional(.choice())),
    ]
}
