/// `tags.rules` as it is written, printed, and wrong.
import OCI
import Testing

@testable import Server

struct TagRuleTests {
    private static let yaml = """
        tags:
          stale_while_revalidate: 1h
          rules:
            - match: "docker.io/library/*:*"
              fresh_for: 1h
              stale_while_revalidate: 1d
              stale_if_error: 30d
            - {match: ghcr.io/org/app, immutable: true}
        """

    @Test func `rules are read in their order`() throws {
        let tags = try ConfigurationFixture.load(Self.yaml).configuration.tags
        #expect(tags.staleWhileRevalidate == .seconds(3600))
        #expect(tags.staleIfError == .seconds(7 * 86_400))
        #expect(
            tags.rules == [
                TagRule(
                    match: try ImagePattern("docker.io/library/*:*"), freshFor: .seconds(3600),
                    staleWhileRevalidate: .seconds(86_400), staleIfError: .seconds(30 * 86_400)),
                TagRule(match: try ImagePattern("ghcr.io/org/app"), isImmutable: true),
            ])
    }

    @Test func `what is printed reads back to the same`() throws {
        let loaded = try ConfigurationFixture.load(Self.yaml)
        let printed = EffectiveConfiguration(loaded).description
        #expect(printed.contains("match: ghcr.io/org/app\n      immutable: true"), "\(printed)")
        #expect(try ConfigurationFixture.load(printed).configuration == loaded.configuration)
    }

    @Test func `a variable takes them as JSON`() throws {
        let rules = try ConfigurationFixture.load(
            environment: ["LARDER_TAGS__RULES": #"[{"match":"a.io/**","fresh_for":"5m"}]"#]
        ).configuration.tags.rules
        #expect(rules == [TagRule(match: try ImagePattern("a.io/**"), freshFor: .seconds(300))])
    }

    @Test func `they take effect at once`() throws {
        let change = ConfigurationChange.between(
            try ConfigurationFixture.load().configuration,
            try ConfigurationFixture.load(Self.yaml).configuration)
        #expect(change.live == ["tags.stale_while_revalidate", "tags.rules"])
        #expect(change.needsRestart.isEmpty)
    }

    @Test(arguments: [
        ("[{match: alpine, fresh_for: 1h}]", "rule 1: match: \"alpine\" is no digest"),
        (
            "[{match: a.io/b, fresh_for: 1h}, {match: 'a.io/b:', fresh_for: 1h}]",
            "rule 2: match: \"a.io/b:\" is no digest"
        ),
        ("[{match: a.io/b, fresh_fro: 1h}]", "rule 1: fresh_fro: unknown key \"fresh_fro\"; did"),
        ("[{match: a.io/b, fresh_for: 60}]", "rule 1: fresh_for: expected a duration"),
        ("[{match: a.io/b, immutable: maybe}]", "rule 1: immutable: expected true or false"),
        ("[{fresh_for: 1h}]", "rule 1: match is missing"),
        ("[{match: a.io/b}]", "rule 1: says nothing of the tags that it matches"),
        ("[a.io/b]", "rule 1: expected a mapping with match"),
        (
            "[{match: a.io/b, fresh_for: 1h}, {match: a.io/b, immutable: true}]",
            "rule 2: an earlier rule has the same match"
        ),
        (
            "[{match: 'sha256:\(String(repeating: "0", count: 64))', fresh_for: 1h}]",
            "rule 1: match: \"sha256:"
        ),
    ])
    func `what is wrong names the rule`(rules: String, problem: String) {
        let problems = ConfigurationFixture.problems("tags: {rules: \(rules)}")
        #expect(problems.count == 1)
        #expect(problems.first?.contains(": tags.rules: \(problem)") == true, "\(problems)")
    }
}
