/// The names in rules, which only the whole configuration can resolve.

extension ConfigurationDraft {
    mutating func finishRules() {
        let addressing = Addressing(loaded.configuration)
        let groups = loaded.configuration.auth.groups.keys
        for (index, rule) in loaded.configuration.rules.enumerated() {
            do throws(InvalidValue) {
                loaded.configuration.rules[index] = try rule.resolved(addressing, groups: groups)
            } catch {
                report(
                    "rule \(index + 1): \(error.message)", ConfigurationKey(path: ["rules"]))
            }
        }
    }
}
