/// What may be done with a tag of a given age, and which rule says so.
import CacheStore
import OCI
import Testing

@testable import Server

@Suite("Tag freshness")
struct TagFreshnessTests {
    private static let policy = TagPolicy(
        freshFor: .seconds(60), staleWhileRevalidate: .seconds(30), staleIfError: .seconds(600),
        isImmutable: false)

    @Test(
        "each state ends with its second",
        arguments: [
            (0, .fresh, 0, 60), (59, .fresh, 59, 1), (60, .revalidating, 60, 0),
            (89, .revalidating, 89, -29), (90, .stale, 90, -30), (659, .stale, 659, -599),
            (660, .expired, 660, -600), (1 << 40, .expired, 1 << 40, 60 - 1 << 40),
            (-1, .stale, nil, nil), (-31_536_000, .stale, nil, nil),
        ] as [(Int64, TagFreshness.State, Int64?, Int64?)])
    func states(age: Int64, state: TagFreshness.State, told: Int64?, ttl: Int64?) {
        let freshness = TagFreshness(
            verifiedAt: 1_000_000 - age, policy: Self.policy, now: 1_000_000)
        #expect(freshness.state == state)
        #expect(freshness.age == told)
        #expect(freshness.ttl == ttl)
    }

    @Test("what is immutable is fresh at any age", arguments: [-100, 0, 1 << 40] as [Int64])
    func immutable(age: Int64) {
        var policy = Self.policy
        policy.isImmutable = true
        let freshness = TagFreshness(verifiedAt: -age, policy: policy, now: 0)
        #expect(freshness.state == .fresh)
        #expect(freshness.ttl == nil)
    }

    @Test("a span may be longer than the one that it is within")
    func spans() {
        var policy = Self.policy
        policy.staleWhileRevalidate = .seconds(1000)
        #expect(TagFreshness(verifiedAt: 0, policy: policy, now: 900).state == .revalidating)
        #expect(TagFreshness(verifiedAt: 0, policy: policy, now: 1060).state == .expired)
        policy.freshFor = .zero
        policy.staleWhileRevalidate = .zero
        policy.staleIfError = .zero
        #expect(TagFreshness(justVerified: policy).state == .expired)
        #expect(TagFreshness(justVerified: policy).age == 0)
    }
}

@Suite("Tag policies")
struct TagPolicyTests {
    private func policy(
        _ rules: [TagRule], _ repository: String, _ tag: String
    ) throws -> TagPolicy {
        var settings = TagSettings()
        settings.rules = rules
        let parts = repository.split(separator: "/", maxSplits: 1)
        let key = RepositoryKey(
            upstream: String(parts[0]), repository: try RepositoryName(parts[1]))
        return TagPolicies(settings: settings).policy(for: try Tag(tag), in: key)
    }

    private func rule(_ match: String, freshFor: Int) throws -> TagRule {
        TagRule(match: try ImagePattern(match), freshFor: .seconds(freshFor))
    }

    @Test("the first rule that matches decides, and what it leaves out is as without it")
    func order() throws {
        let rules = [
            try rule("docker.io/library/*:1.*", freshFor: 1), try rule("docker.io/**", freshFor: 2),
            try rule("docker.io/library/*", freshFor: 3),
        ]
        for (image, tag, seconds) in [
            ("docker.io/library/nginx", "1.27", 1), ("docker.io/library/nginx", "latest", 2),
            ("docker.io/a/b/c", "1.27", 2), ("ghcr.io/library/nginx", "1.27", 60),
        ] {
            let policy = try policy(rules, image, tag)
            #expect(policy.freshFor == .seconds(seconds), "\(image):\(tag)")
            #expect(policy.staleWhileRevalidate == .zero)
            #expect(policy.staleIfError == .seconds(7 * 86_400))
            #expect(!policy.isImmutable)
        }
    }

    @Test("a rule sets each of the four")
    func values() throws {
        let rule = TagRule(
            match: try ImagePattern("a.io/b"), freshFor: .seconds(1),
            staleWhileRevalidate: .seconds(2), staleIfError: .seconds(3), isImmutable: true)
        #expect(
            try policy([rule], "a.io/b", "c")
                == TagPolicy(
                    freshFor: .seconds(1), staleWhileRevalidate: .seconds(2),
                    staleIfError: .seconds(3), isImmutable: true))
    }

    @Test("signature tags have a short rule, which only a rule about them replaces")
    func signatures() throws {
        let tag = "sha256-\(String(repeating: "ab", count: 32)).sig"
        let broad = [try rule("a.io/**", freshFor: 3600), try rule("a.io/b:*", freshFor: 7200)]
        #expect(try policy([], "a.io/b", tag).freshFor == TagPolicies.signatureFreshFor)
        #expect(try policy(broad, "a.io/b", tag).freshFor == TagPolicies.signatureFreshFor)
        #expect(try policy(broad, "a.io/b", "latest").freshFor == .seconds(3600))
        let own = broad + [try rule("a.io/b:sha256-*", freshFor: 5)]
        #expect(try policy(own, "a.io/b", tag).freshFor == .seconds(5))
        var settings = TagSettings()
        settings.freshFor = .zero
        settings.staleWhileRevalidate = .seconds(60)
        let key = RepositoryKey(upstream: "a.io", repository: try RepositoryName("b"))
        let built = TagPolicies(settings: settings).policy(for: try Tag(tag), in: key)
        #expect(built.freshFor == .zero)
        #expect(built.staleWhileRevalidate == .zero)
    }
}
