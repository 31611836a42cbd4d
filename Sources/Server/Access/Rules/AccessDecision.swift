/// What the rules say of a request.

import OCI

/// A rule and its place, counted from 1.
struct NumberedRule: Sendable, Equatable {
    let number: Int
    let rule: AccessRule

    /// `rule "no-dev"`, or `rule 2 (deny tag *-dev)`.
    var title: String {
        rule.name.map { "rule \"\($0)\"" } ?? "rule \(number) (\(rule))"
    }
}

struct AccessDecision: Sendable, Equatable {
    /// The one that decided; nil where none matched.
    let rule: NumberedRule?
    /// By which the request was judged.
    let tag: Tag?
    /// Whether everybody's request for the same is decided alike, as long as the rules are the
    /// same and no tag moves.
    var isForEveryone: Bool
    /// Whether it rests on tags that the request does not name.
    var restsOnKnownTags = false

    var isAllowed: Bool { rule?.rule.action != .deny }

    /// Nil where the tags that lead to it have to be looked up again.
    var terms: AccessTerms? { restsOnKnownTags ? nil : AccessTerms(askRules: !isForEveryone) }

    /// What a denied request is answered with.
    var refusal: RegistryError {
        let title = rule?.title ?? "a rule"
        let reason = rule?.rule.reason.map { ": \($0)" } ?? ""
        var detail: [String: String] = [:]
        if let rule { detail["rule"] = rule.rule.name ?? "\(rule.number)" }
        return RegistryError(.denied, "denied by \(title)\(reason)", detail: detail)
    }
}
