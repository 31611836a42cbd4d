/// What rules decide, without a server.
import CacheStore
import OCI
import Testing
import Upstream

@testable import Server

@Suite("Access rules")
struct AccessRulesTests {
    private static let yaml = """
        auth:
          groups: {builders: [ci, release], staff: [anna]}
        upstreams:
          lab.local: {url: "https://lab.local"}
        rules:
          - {name: builders, action: allow, group: builders, network: 10.1.0.0/16}
          - {action: deny, upstream: registry-1.docker.io, tag: "*-dev", reason: pull a release}
          - {action: deny, repository: docker.io/nginx, tag: [latest, "1.*"]}
          - {action: allow, user: anna, repository: "**/secret"}
          - {action: deny, repository: "*/**/secret"}
          - {action: deny, user: "guest-*", upstream: lab.local}
          - {action: allow, upstream: lab.local, repository: app, tag: "v*"}
          - {action: deny, upstream: lab.local, repository: app}
          - {name: outside, action: deny, network: ["203.0.113.0/24", "2001:db8::/32"]}
        """

    private static let rules: AccessRules? = (try? ConfigurationFixture.load(yaml)).map {
        AccessRules($0.configuration)
    }

    private func decision(
        _ image: String, tags: [String], user: String? = nil, from address: String = "192.0.2.1"
    ) throws -> AccessDecision {
        let slash = try #require(image.firstIndex(of: "/"))
        let key = RepositoryKey(
            upstream: String(image[..<slash]),
            repository: try RepositoryName(image[image.index(after: slash)...]))
        let question = AccessQuestion(key, by: Requester(address: address, user: user))
        return try #require(Self.rules).decision(on: question, tags: tags.map { try Tag($0) })
    }

    @Test(
        "the first rule whose conditions are all met decides; without any it is allowed",
        arguments: [
            ("docker.io/library/alpine", ["3"], nil, "192.0.2.1", nil),
            ("docker.io/library/alpine", ["3-dev"], nil, "192.0.2.1", 2),
            ("docker.io/library/alpine", ["3-dev"], "ci", "10.1.2.3", 1),
            ("docker.io/library/alpine", ["3-dev"], "ci", "10.2.2.3", 2),
            ("docker.io/library/alpine", ["3-dev"], "anna", "10.1.2.3", 2),
            ("docker.io/library/nginx", ["latest"], nil, "192.0.2.1", 3),
            ("docker.io/library/nginx", ["1.27"], nil, "192.0.2.1", 3),
            ("docker.io/grafana/nginx", ["latest"], nil, "192.0.2.1", nil),
            ("ghcr.io/org/secret", ["1"], nil, "192.0.2.1", 5),
            ("ghcr.io/org/secret", ["1"], "anna", "192.0.2.1", 4),
            ("ghcr.io/org/secret", ["1"], "bert", "192.0.2.1", 5),
            ("lab.local/tool", ["1"], "guest-7", "192.0.2.1", 6),
            ("lab.local/tool", ["1"], nil, "192.0.2.1", nil),
            ("quay.io/a/b", ["1"], nil, "203.0.113.9", 9),
            ("quay.io/a/b", ["1"], nil, "::ffff:203.0.113.9", 9),
            ("quay.io/a/b", ["1"], nil, "2001:db8::5", 9),
            ("quay.io/a/b", ["1"], nil, "-", nil),
        ] as [(String, [String], String?, String, Int?)])
    func first(
        image: String, tags: [String], user: String?, address: String, rule: Int?
    ) throws {
        let found = try decision(image, tags: tags, user: user, from: address)
        #expect(found.rule?.number == rule)
        #expect(found.isAllowed == [nil, 1, 4, 7].contains(rule))
    }

    @Test(
        "by digest it is allowed where a tag that is known is; without one, tags decide nothing",
        arguments: [
            ("docker.io/library/alpine", [], true), ("docker.io/library/alpine", ["3-dev"], false),
            ("docker.io/library/alpine", ["3-dev", "3"], true),
            ("lab.local/app", ["v1"], true), ("lab.local/app", ["nightly"], false),
            ("lab.local/app", ["nightly", "v1"], true), ("lab.local/app", [], false),
        ])
    func byDigest(image: String, tags: [String], isAllowed: Bool) throws {
        #expect(try decision(image, tags: tags).isAllowed == isAllowed)
    }

    @Test("a decision is everybody's where no rule before it asked who")
    func everyone() throws {
        let rules = try ConfigurationFixture.load(
            """
            rules:
              - {action: deny, upstream: ghcr.io, tag: "*-dev"}
              - {action: allow, upstream: ghcr.io, repository: org/app, user: anna}
              - {action: deny, upstream: ghcr.io, repository: org/app}
            """)
        let access = AccessRules(rules.configuration)
        func isForEveryone(_ name: String, _ tag: String) throws -> Bool {
            let key = RepositoryKey(upstream: "ghcr.io", repository: try RepositoryName(name))
            let question = AccessQuestion(key, by: Requester(address: "192.0.2.1"))
            return access.decision(on: question, tags: [try Tag(tag)]).isForEveryone
        }
        let answers = [
            try isForEveryone("org/other", "1"), try isForEveryone("org/app", "1-dev"),
            try isForEveryone("org/app", "1"),
        ]
        #expect(answers == [true, true, false])
    }

    @Test("a refusal names the rule by its name, or by number and text, and the reason")
    func refusals() throws {
        let named = try decision("quay.io/a/b", tags: ["1"], from: "203.0.113.9").refusal
        #expect(named.code == .denied && named.status == 403)
        #expect(named.message == "denied by rule \"outside\"" && named.detail["rule"] == "outside")
        let numbered = try decision("docker.io/library/alpine", tags: ["3-dev"]).refusal
        #expect(
            numbered.message
                == "denied by rule 2 (deny upstream docker.io, tag *-dev): pull a release")
        #expect(numbered.detail["rule"] == "2")
    }

    // MARK: As they are written

    @Test("names are resolved as those of requests are")
    func resolution() throws {
        let rules = try ConfigurationFixture.load(
            """
            rules:
              - {action: deny, repository: [registry-1.docker.io/nginx, "docker.io/org/*"]}
              - {action: deny, upstream: [ghcr.io, index.docker.io], repository: "app*"}
              - {action: deny, upstream: quay.io, repository: quay.io/a/b}
              - {action: deny, repository: "*/library/**"}
            """
        ).configuration.rules
        #expect(
            rules.map { $0.repositories.map { "\($0)" } } == [
                ["docker.io/library/nginx", "docker.io/org/*"],
                ["ghcr.io/app*", "docker.io/library/app*"], ["quay.io/a/b"], ["*/library/**"],
            ])
        #expect(rules[1].upstreams == ["ghcr.io", "docker.io"])
    }

    @Test("what is printed reads back to the same")
    func printed() throws {
        let loaded = try ConfigurationFixture.load(Self.yaml)
        let text = EffectiveConfiguration(loaded).description
        #expect(
            try ConfigurationFixture.load(text).configuration == loaded.configuration, "\(text)")
        let change = ConfigurationChange.between(Configuration(), loaded.configuration)
        #expect(change.live.contains("rules"))
    }

    @Test(
        "what is wrong names the rule and the value",
        arguments: [
            ("[{upstream: docker.io}]", "rule 1: action is missing: allow or deny"),
            ("[{action: refuse}]", "rule 1: action: expected allow or deny, not \"refuse\""),
            ("[{action: deny}, {action: allow, user: a}]", "rule 2: is never reached: rule 1 is"),
            (
                "[{action: deny, user: a}, {action: allow, user: a}]",
                "rule 2: is never reached: rule 1 has the same conditions"
            ),
            (
                "[{action: deny, user: a}, {action: deny, upstream: dokcer.io}]",
                "rule 2: upstream: there is no upstream dokcer.io; did you mean docker.io?"
            ),
            (
                "[{action: deny, repository: library/nginx}]",
                "rule 1: repository: there is no upstream \"library\""
            ),
            (
                "[{action: deny, repository: docker.io/*}]",
                "rule 1: repository: docker.io/* matches nothing; write docker.io/library/*"
            ),
            (
                "[{action: deny, upstream: quay.io, repository: ghcr.io/a}]",
                "rule 1: repository: ghcr.io/a is of ghcr.io, which is not in upstream beside it"
            ),
            (
                "[{action: deny, repository: 'docker.io/library/nginx:1'}]",
                "rule 1: repository: expected a repository such as"
            ),
            ("[{action: deny, tag: []}]", "rule 1: tag: expected at least one"),
            ("[{action: deny, tag: a/b}]", "rule 1: tag: expected a tag such as"),
            ("[{action: deny, group: builder}]", "rule 1: group: there is no group builder"),
            ("[{action: deny, network: 10.0.0.0/40}]", "rule 1: network: expected an address or"),
            (
                "[{action: deny, users: a}]",
                "rule 1: users: unknown key \"users\"; did you mean user?"
            ),
            ("[deny]", "rule 1: expected a mapping with action"),
        ])
    func problems(rules: String, problem: String) {
        let problems = ConfigurationFixture.problems("rules: \(rules)")
        #expect(problems.count == 1)
        #expect(problems.first?.contains(": rules: \(problem)") == true, "\(problems)")
    }
}
