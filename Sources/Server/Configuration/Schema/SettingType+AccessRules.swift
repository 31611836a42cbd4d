/// `rules`: a list of mappings, in which a problem names its item.
import OCI
import Upstream

extension SettingType where Value == [AccessRule] {
    static let accessRules = SettingType.rules(of: .accessRule) { rule, others in
        if let index = others.firstIndex(where: \.isUnconditional) {
            return "is never reached: rule \(index + 1) is about everything"
        }
        guard let index = others.firstIndex(where: { $0.hasSameConditions(as: rule) }) else {
            return nil
        }
        return "is never reached: rule \(index + 1) has the same conditions"
    }
}

extension SettingType where Value == AccessRule {
    /// A mapping of the keys of ``ConfigurationSchema/accessRule``.
    static let accessRule = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                throw InvalidSetting(
                    "expected a mapping with action and whom and what it is about",
                    at: node.position)
            }
            var rule = AccessRule()
            try SettingReader.read(entries, ConfigurationSchema.accessRule, into: &rule)
            guard rule.action != nil else {
                throw InvalidSetting("action is missing: allow or deny", at: node.position)
            }
            return rule
        },
        render: { ConfigurationSchema.accessRule.rendered($0) })
}

extension SettingType {
    /// What a condition takes: one value or a list of them; nothing is printed where it is empty.
    static func anyOf<Item: Hashable>(_ type: SettingType<Item>) -> SettingType
    where Value == [Item] {
        let list = nonEmptyList(of: type)
        return SettingType(
            isStructured: true,
            parse: { node throws(InvalidSetting) in try list.parse(node) },
            render: { $0.isEmpty ? nil : list.render($0) })
    }
}

extension SettingType where Value == Glob {
    /// Repositories, `docker.io/library/*`; beside an upstream it may be left out.
    static let repositoryPattern = pattern("a repository such as docker.io/library/*") { text in
        !text.hasPrefix("/") && !text.hasSuffix("/")
            && !text[(text.lastIndex(of: "/") ?? text.startIndex)...].contains(":")
    }

    static let tagNamePattern = pattern("a tag such as 1.* or *-dev") { !$0.contains("/") }

    static let userPattern = pattern("a user name, perhaps with *") { !$0.contains(":") }

    private static func pattern(
        _ expected: String, _ isValid: @escaping @Sendable (String) -> Bool
    ) -> SettingType {
        scalar(
            { text throws(InvalidValue) in
                let isPrintable = text.unicodeScalars.allSatisfy {
                    $0.value > 0x20 && $0.value != 0x7f
                }
                guard !text.isEmpty, isPrintable, text.utf8.count <= 512, !text.contains("@"),
                    isValid(text)
                else { throw InvalidValue("expected \(expected), not \(text.excerpt)") }
                return Glob(text)
            }, render: { YAMLValue.text("\($0)") })
    }
}

extension SettingType where Value == String {
    /// Words for people, on one line.
    static let sentence = SettingType.scalar(
        { text throws(InvalidValue) in
            let isPrintable = text.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.value != 0x7f
            }
            guard !text.isEmpty, isPrintable, text.utf8.count <= 512 else {
                throw InvalidValue("expected a text on one line")
            }
            return text
        }, render: YAMLValue.text)
}
