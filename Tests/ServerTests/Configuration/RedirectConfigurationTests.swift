/// `redirects:` of an upstream.
import OCI
import Testing
import Upstream

@testable import Server

struct RedirectConfigurationTests {
    private func policy(_ redirects: String) throws -> RedirectPolicy {
        let loaded = try ConfigurationFixture.load(
            "upstreams: {quay.io: {redirects: \(redirects)}}")
        return try #require(loaded.configuration.upstreams["quay.io"]).settings.redirects
    }

    @Test func `redirects are followed unless something else is said`() throws {
        #expect(try policy("{}") == RedirectPolicy())
        #expect(RedirectPolicy() == RedirectPolicy(rules: [], otherwise: .follow))
    }

    @Test func `rules, preset, default and on_failure become one policy`() throws {
        let policy = try policy(
            """
            {rules: [{hosts: ["*.CDN.example", s3.lan], action: refuse}], preset: predecessor,
             default: hand_over, on_failure: hand_over}
            """)
        let own = RedirectRule(hosts: [Glob("*.cdn.example"), Glob("s3.lan")], action: .refuse)
        #expect(policy.rules == [own] + RedirectRule.predecessor)
        #expect(policy.otherwise == .handOver)
        #expect(policy.handsOverUnreachable)
    }

    @Test func `the environment takes rules as JSON`() throws {
        let loaded = try ConfigurationFixture.load(
            environment: [
                "LARDER_UPSTREAMS__QUAY_IO__REDIRECTS__RULES":
                    #"[{"hosts": "*.lan", "action": "hand_over"}]"#
            ])
        let rules = loaded.configuration.upstreams["quay.io"]?.redirects.rules
        #expect(rules == [RedirectRule(hosts: [Glob("*.lan")], action: .handOver)])
    }

    @Test(arguments: [
        ("{rules: [{hosts: a.lan}]}", "expected both hosts and action"),
        ("{rules: [{action: follow}]}", "expected both hosts and action"),
        ("{rules: [{hosts: [], action: follow}]}", "hosts: expected at least one"),
        ("{rules: [{hosts: 'https://a.lan', action: follow}]}", "hosts: expected a host name"),
        ("{rules: [{hosts: a.lan, action: drop}]}", "action: expected follow or hand_over"),
        ("{rules: [a.lan]}", "expected hosts and action"),
        ("{default: never}", "expected follow or hand_over or refuse"),
        ("{on_failure: follow}", "expected fail or hand_over"),
        ("{preset: none_at_all}", "expected none or predecessor"),
    ])
    func `what is wrong is told at its key`(redirects: String, message: String) {
        let problems = ConfigurationFixture.problems(
            "upstreams: {quay.io: {redirects: \(redirects)}}")
        #expect(problems.count == 1)
        #expect(problems.first?.contains("upstreams.quay.io.redirects.") == true, "\(problems)")
        #expect(problems.first?.contains(message) == true, "\(problems)")
    }
}
