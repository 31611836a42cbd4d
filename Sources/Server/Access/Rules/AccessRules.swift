/// Decides by the rules who may pull what; pure.

import CacheStore
import OCI
import Upstream

/// What is asked for, and by whom.
struct AccessQuestion: Sendable {
    let key: RepositoryKey
    let requester: Requester
    /// `UPSTREAM/REPOSITORY`.
    let name: String
    let ip: IPAddress?

    init(_ key: RepositoryKey, by requester: Requester) {
        self.key = key
        self.requester = requester
        name = "\(key.upstream)/\(key.repository)"
        ip = IPAddress(requester.address)
    }
}

/// In their order: the first that matches decides, and where none does, the request is allowed.
struct AccessRules: Sendable {
    let rules: [AccessRule]
    private let groups: [String: Set<String>]

    init(_ configuration: Configuration) {
        rules = configuration.rules
        groups = configuration.auth.groups.mapValues { Set($0) }
    }

    var isEmpty: Bool { rules.isEmpty }

    /// Whether some rule about this repository has a tag condition.
    func lookAtTags(for question: AccessQuestion) -> Bool {
        rules.contains { !$0.tags.isEmpty && isAbout($0, question) }
    }

    /// - Parameter tags: by any of which what is asked for may be known: it is allowed where one
    ///   of them is. Without any, rules with a tag condition do not match.
    func decision(on question: AccessQuestion, tags: [Tag]) -> AccessDecision {
        guard !tags.isEmpty else { return decision(on: question, tag: nil) }
        let decisions = tags.map { decision(on: question, tag: $0) }
        var result = decisions.first(where: \.isAllowed) ?? decisions[0]
        result.isForEveryone = decisions.allSatisfy(\.isForEveryone)
        return result
    }

    private func decision(on question: AccessQuestion, tag: Tag?) -> AccessDecision {
        var isForEveryone = true
        for (index, rule) in rules.enumerated() where hasObject(rule, question, tag) {
            if rule.asksWho { isForEveryone = false }
            if rule.asksWho && !isBy(rule, question) { continue }
            return AccessDecision(
                rule: NumberedRule(number: index + 1, rule: rule), tag: tag,
                isForEveryone: isForEveryone)
        }
        return AccessDecision(rule: nil, tag: tag, isForEveryone: isForEveryone)
    }

    // MARK: Conditions

    private func isAbout(_ rule: AccessRule, _ question: AccessQuestion) -> Bool {
        (rule.upstreams.isEmpty || rule.upstreams.contains(question.key.upstream))
            && (rule.repositories.isEmpty
                || rule.repositories.contains { $0.matches(question.name) })
    }

    private func hasTag(_ rule: AccessRule, _ tag: Tag?) -> Bool {
        guard !rule.tags.isEmpty else { return true }
        guard let tag = tag?.description else { return false }
        return rule.tags.contains { $0.matches(tag) }
    }

    private func hasObject(_ rule: AccessRule, _ question: AccessQuestion, _ tag: Tag?) -> Bool {
        isAbout(rule, question) && hasTag(rule, tag)
    }

    private func isBy(_ rule: AccessRule, _ question: AccessQuestion) -> Bool {
        isBy(users: rule.users, question) && isBy(groups: rule.groups, question)
            && isFrom(rule.networks, question)
    }

    private func isBy(users: [Glob], _ question: AccessQuestion) -> Bool {
        guard !users.isEmpty else { return true }
        guard let user = question.requester.user else { return false }
        return users.contains { $0.matches(user) }
    }

    private func isBy(groups names: [String], _ question: AccessQuestion) -> Bool {
        guard !names.isEmpty else { return true }
        guard let user = question.requester.user else { return false }
        return names.contains { groups[$0]?.contains(user) == true }
    }

    private func isFrom(_ networks: [IPNetwork], _ question: AccessQuestion) -> Bool {
        guard !networks.isEmpty else { return true }
        guard let ip = question.ip else { return false }
        return networks.contains { $0.contains(ip) }
    }
}

extension AccessRule {
    /// Whether it may decide one way for one client and another way for the next.
    fileprivate var asksWho: Bool { !users.isEmpty || !groups.isEmpty || !networks.isEmpty }
}

// MARK: Why

extension AccessRules {
    /// The first condition of a rule that a request does not meet, by its key; nil where it meets
    /// all of them.
    func unmet(_ rule: AccessRule, _ question: AccessQuestion, tag: Tag?) -> String? {
        if !rule.upstreams.isEmpty, !rule.upstreams.contains(question.key.upstream) {
            return "upstream"
        }
        if !isAbout(rule, question) { return "repository" }
        if !hasTag(rule, tag) { return "tag" }
        if !isBy(users: rule.users, question) { return "user" }
        if !isBy(groups: rule.groups, question) { return "group" }
        return isFrom(rule.networks, question) ? nil : "network"
    }
}
