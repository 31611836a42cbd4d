/// `auth.trusted_proxies` and `auth.groups` as they are written, printed, and wrong.
import Testing
import Upstream

@testable import Server

struct AuthConfigurationTests {
    private static let yaml = """
        auth:
          trusted_proxies: [10.0.0.5, "fd00::/8"]
          groups: {release: [anna, ci], builders: ci}
        """

    @Test func `they are read and printed`() throws {
        let loaded = try ConfigurationFixture.load(Self.yaml)
        let auth = loaded.configuration.auth
        #expect(auth.trustedProxies.map { "\($0)" } == ["10.0.0.5", "fd00::/8"])
        #expect(auth.groups == ["release": ["anna", "ci"], "builders": ["ci"]])
        let printed = EffectiveConfiguration(loaded).description
        #expect(try ConfigurationFixture.load(printed).configuration == loaded.configuration)
        let change = ConfigurationChange.between(Configuration(), loaded.configuration)
        #expect(change.live.contains("auth.trusted_proxies") && change.live.contains("auth.groups"))
    }

    @Test(arguments: [
        (
            "{trusted_proxies: [proxy.lan]}",
            "auth.trusted_proxies: expected an address or a network such as 10.0.0.0/8, not "
                + "\"proxy.lan\""
        ),
        (
            "{trusted_proxies: 10.0.0.0/33}",
            "auth.trusted_proxies: expected an address or a network such as 10.0.0.0/8, not "
                + "\"10.0.0.0/33\""
        ),
        ("{groups: [ci]}", "auth.groups: expected a mapping of groups"),
        ("{groups: {a: [ci, ci]}}", "auth.groups: a: is in the list twice"),
        ("{groups: {a: ['x:y']}}", "auth.groups: a: expected a user name"),
        ("{group: {a: b}}", "auth.group: unknown key \"group\"; did you mean groups?"),
    ])
    func `what is wrong is named`(auth: String, problem: String) {
        let problems = ConfigurationFixture.problems("auth: \(auth)")
        #expect(problems.count == 1)
        #expect(problems.first?.contains(": \(problem)") == true, "\(problems)")
    }
}
