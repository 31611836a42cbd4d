/// `tags.rules`: a list of mappings, in which a problem names its item.

extension SettingType where Value == [TagRule] {
    static let tagRules = SettingType.rules(of: .tagRule) { rule, others in
        others.contains { $0.match == rule.match }
            ? "an earlier rule has the same match, and the first decides" : nil
    }
}

extension SettingType where Value == TagRule {
    /// A mapping of the keys of ``ConfigurationSchema/tagRule``.
    static let tagRule = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .mapping(let entries) = node.content else {
                throw InvalidSetting(
                    "expected a mapping with match and what is to hold for its tags",
                    at: node.position)
            }
            var rule = TagRule()
            try SettingReader.read(entries, ConfigurationSchema.tagRule, into: &rule)
            guard rule.match != nil else {
                throw InvalidSetting("match is missing", at: node.position)
            }
            guard rule != TagRule(match: rule.match) else {
                throw InvalidSetting(
                    "says nothing of the tags that it matches: give fresh_for, "
                        + "stale_while_revalidate, stale_if_error or immutable",
                    at: node.position)
            }
            return rule
        },
        render: { ConfigurationSchema.tagRule.rendered($0) })
}
