/// A decision by the rules, explained.

import CacheStore
import OCI

/// What `larder check-access --json` prints.
struct AccessVerdict: Encodable, Sendable {
    struct Rule: Encodable, Sendable {
        let number: Int
        let name: String?
        let rule: String
        let reason: String?
    }

    /// A rule that did not match, and the first of its conditions that was not met.
    struct Passed: Encodable, Sendable {
        let number: Int
        let name: String?
        let rule: String
        let unmet: String
    }

    let allowed: Bool
    let image: String
    /// Nil for anonymous.
    let user: String?
    let address: String?
    /// Nil where none matched, which allows.
    let decidedBy: Rule?
    let passed: [Passed]

    init(_ rules: AccessRules, _ question: AccessQuestion, _ reference: Reference) {
        var tag: Tag?
        if case .tag(let named) = reference { tag = named }
        let decision = rules.decision(on: question, tags: tag.map { [$0] } ?? [])
        let separator = tag == nil ? "@" : ":"
        allowed = decision.isAllowed
        image = "\(question.name)\(separator)\(reference)"
        user = question.requester.user
        address = question.ip.map { "\($0)" }
        decidedBy = decision.rule.map {
            Rule(
                number: $0.number, name: $0.rule.name, rule: "\($0.rule)",
                reason: $0.rule.reason)
        }
        let before = rules.rules.prefix(decision.rule.map { $0.number - 1 } ?? rules.rules.count)
        passed = before.enumerated().map { index, rule in
            Passed(
                number: index + 1, name: rule.name, rule: "\(rule)",
                unmet: rules.unmet(rule, question, tag: tag) ?? "-")
        }
    }

    /// For people.
    var lines: [String] {
        let who = user ?? "anonymous"
        let origin = address.map { " from \($0)" } ?? ""
        let before = passed.map { item in
            "  \(Self.title(item.number, item.name)) does not match by \(item.unmet): \(item.rule)"
        }
        let end =
            decidedBy.map { rule in
                "  \(Self.title(rule.number, rule.name)) matches: \(rule.rule)"
                    + (rule.reason.map { " (\($0))" } ?? "")
            } ?? "  no rule matches, which allows it"
        return ["\(allowed ? "allowed" : "denied"): \(image) for \(who)\(origin)"] + before + [end]
    }

    private static func title(_ number: Int, _ name: String?) -> String {
        "rule \(number)" + (name.map { " \"\($0)\"" } ?? "")
    }
}
