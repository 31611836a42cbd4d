// Where credentials may go.
import Testing

@testable import Upstream

@Suite("Realm policy (R67)")
struct RealmPolicyTests {
    static let sharing: [(String, String)] = [
        ("auth.docker.io", "registry-1.docker.io"),
        ("gitlab.com", "registry.gitlab.com"),
        ("auth.example.co.uk", "registry.example.co.uk"),
        ("10.0.0.1", "10.0.0.1"),
        ("registry", "registry"),
        ("::1", "::1"),
        ("a.dkr.ecr.eu-west-1.amazonaws.com", "a.dkr.ecr.eu-west-1.amazonaws.com"),
    ]

    @Test("trusts the same host and the same registrable domain", arguments: sharing)
    func shares(host: String, other: String) {
        #expect(RegistrableDomain.shares(host, other))
    }

    static let strangers: [(String, String)] = [
        ("evil.io", "docker.io"),
        ("evildocker.io", "docker.io"),
        ("docker.io.evil.com", "docker.io"),
        ("evil.co.uk", "registry.example.co.uk"),
        ("example.com.au", "other.com.au"),
        ("com.au", "example.com.au"),
        ("b.dkr.ecr.eu-west-1.amazonaws.com", "a.dkr.ecr.eu-west-1.amazonaws.com"),
        ("evil.azurecr.io", "team.azurecr.io"),
        ("evil.github.io", "team.github.io"),
        ("10.0.0.2", "10.0.0.1"),
        ("1.0.0.1", "2.0.0.1"),
        ("other", "registry"),
        ("io", "docker.io"),
        ("..docker.io", "registry.docker.io"),
    ]

    @Test("does not trust neighbours, look-alikes, other addresses", arguments: strangers)
    func doesNotShare(host: String, other: String) {
        #expect(!RegistrableDomain.shares(host, other))
        #expect(!RegistrableDomain.shares(other, host))
    }

    static let decisions: [(realm: String, registry: String, http: Bool, RealmPolicy.Decision)] = [
        ("https://auth.docker.io/token", "https://registry-1.docker.io", false, .trusted),
        ("https://AUTH.docker.io:8443/token", "https://registry-1.docker.io", false, .trusted),
        ("https://evil.com/token", "https://registry-1.docker.io", false, .anonymousOnly),
        ("https://listed.example/token", "https://registry-1.docker.io", false, .trusted),
        (
            "http://auth.docker.io/token", "https://registry-1.docker.io", false,
            .refused("plain http")
        ),
        (
            "http://auth.docker.io/token", "https://registry-1.docker.io", true,
            .refused("plain http")
        ),
        ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000", true, .trusted),
        ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000", false, .refused("plain http")),
    ]

    @Test("decides by host, list and scheme", arguments: decisions)
    func decides(
        realm: String, registry: String, http: Bool, expected: RealmPolicy.Decision
    ) throws {
        let decision = RealmPolicy.decide(
            realm: try #require(EndpointURL(realm)), registry: try #require(EndpointURL(registry)),
            listed: ["Listed.example"], allowHTTP: http)
        #expect(decision == expected)
    }
}
