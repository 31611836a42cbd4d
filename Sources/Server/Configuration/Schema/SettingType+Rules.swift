/// Lists of rules, which are told apart by their numbers.

extension SettingType {
    /// A list, or one rule that stands for a list of one; a problem names its rule.
    ///
    /// - Parameter conflict: what is wrong with a rule behind others, nil for nothing.
    static func rules<Rule: Hashable>(
        of type: SettingType<Rule>,
        conflict: @escaping @Sendable (_ rule: Rule, _ others: [Rule]) -> String?
    ) -> SettingType where Value == [Rule] {
        SettingType(
            isStructured: true,
            parse: { node throws(InvalidSetting) in
                var nodes = [node]
                if case .sequence(let items) = node.content { nodes = items }
                return try InvalidSetting.collecting(
                    nodes, name: { position, _ in "rule \(position + 1)" }
                ) { node, rules throws(InvalidSetting) -> Rule in
                    let rule = try type.parse(node)
                    if let problem = conflict(rule, rules) {
                        throw InvalidSetting(problem, at: node.position)
                    }
                    return rule
                }
            },
            render: { rules in .sequence(rules.compactMap(type.render)) })
    }
}
