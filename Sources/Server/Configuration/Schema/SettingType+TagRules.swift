/// `tags.rules`: a list of mappings, in which a problem names its item.

extension SettingType where Value == [TagRule] {
    /// A list, or one rule that stands for a list of one.
    static let tagRules = SettingType(
        isStructured: true,
        parse: { node throws(InvalidSetting) in
            guard case .sequence(let nodes) = node.content else {
                return [try rule(node, number: 1, after: [])]
            }
            var rules: [TagRule] = []
            var problems: [YAMLProblem] = []
            for (index, node) in nodes.enumerated() {
                do throws(InvalidSetting) {
                    rules.append(try rule(node, number: index + 1, after: rules))
                } catch {
                    problems += error.problems
                }
            }
            guard problems.isEmpty else { throw InvalidSetting(problems) }
            return rules
        },
        render: { rules in .sequence(rules.map(rendered)) })

    private static func rule(
        _ node: YAMLNode, number: Int, after others: [TagRule]
    ) throws(InvalidSetting) -> TagRule {
        do throws(InvalidSetting) {
            let rule = try rule(node)
            if others.contains(where: { $0.match == rule.match }) {
                throw InvalidSetting(
                    "an earlier rule has the same match, and the first decides",
                    at: node.position)
            }
            return rule
        } catch {
            throw InvalidSetting(
                error.problems.map { problem in
                    YAMLProblem(
                        message: "rule \(number): \(problem.message)", position: problem.position)
                })
        }
    }

    private static func rule(_ node: YAMLNode) throws(InvalidSetting) -> TagRule {
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
                    + "stale_while_revalidate, stale_if_error or immutable", at: node.position)
        }
        return rule
    }

    private static func rendered(_ rule: TagRule) -> YAMLValue {
        let entries = ConfigurationSchema.tagRule.compactMap { setting in
            setting.render(rule).map { value in
                YAMLValue.Entry(key: setting.path[0], value: value)
            }
        }
        return .mapping(entries)
    }
}
