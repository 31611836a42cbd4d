import TestKit
import Testing
import Upstream

@testable import Server

struct ProxyConfigurationTests {
    private func proxies(_ yaml: String) throws -> [String: ProxySettings?] {
        let configuration = try ConfigurationFixture.load(yaml, files: ["/pw": "secret\n"])
            .configuration
        return configuration.upstreams.mapValues { configuration.settings(of: $0).proxy }
    }

    @Test func `a proxy of all upstreams holds for those that have none of their own`() throws {
        let proxies = try proxies(
            """
            proxy: {url: "http://p.lan:3128", username: u, password_file: /pw, no_proxy: [lan]}
            upstreams:
              a.io: {proxy: {url: none}}
              b.io: {proxy: {url: "http://q.lan:1"}}
              c.io: {proxy: {username: v, password: w, no_proxy: []}}
            """)
        let common = ProxySettings(
            server: .init(
                host: "p.lan", port: 3128,
                credential: Credential(username: "u", password: Secret("secret"))),
            exceptions: [.domain("lan")])
        #expect(proxies["docker.io"] == common)
        #expect(proxies["a.io"] == .some(nil))
        // Another proxy is not shown the credentials of the first.
        #expect(
            proxies["b.io"]
                == ProxySettings(
                    server: .init(host: "q.lan", port: 1), exceptions: [.domain("lan")]))
        var own = common
        own.server.credential = Credential(username: "v", password: Secret("w"))
        own.exceptions = []
        #expect(proxies["c.io"] == own)
    }

    @Test(arguments: [
        ("https://p.lan:3128", "proxy.url: expected a URL such as http://proxy.example.com:3128"),
        ("http://u:p@p.lan", "proxy.url: no user name or password belongs in a URL"),
        ("p.lan:3128", "proxy.url: expected a URL such as"),
        ("http://p.lan/path", "proxy.url: expected a URL such as"),
    ])
    func `refuses what is no proxy`(url: String, expected: String) {
        let problems = ConfigurationFixture.problems("proxy: {url: \"\(url)\"}")
        #expect(problems.count == 1)
        #expect(
            problems.allSatisfy { $0.hasPrefix("larder.yaml:1:14: \(expected)") }, "\(problems)")
    }

    @Test func `refuses what is no exception, and a file that is not there`() {
        #expect(
            ConfigurationFixture.problems(
                "proxy: {no_proxy: [\"10.0.0.0/33\", \"a b\"], password_file: /gone}"
            ).count == 3)
    }

    @Test func `the proxy's password is never shown, and reads back`() throws {
        let loaded = try ConfigurationFixture.load(
            """
            proxy: {url: "http://p.lan:3128", username: u, password: hunter2, no_proxy: [10.0.0.0/8]}
            upstreams: {a.io: {proxy: {url: none}, prefer_ip: ipv6, min_rate: 0}}
            """)
        let printed = EffectiveConfiguration(loaded).description
        #expect(!printed.contains("hunter2"))
        #expect(printed.contains("<redacted>"))
        let again = try ConfigurationFixture.load(printed)
        #expect(EffectiveConfiguration(again).description.contains("10.0.0.0/8"))
        #expect(again.configuration.upstreams == loaded.configuration.upstreams)
    }

    private static let files = [
        "/c": TestCertificates.client.certificate, "/k": TestCertificates.client.key,
        "/other": TestCertificates.server.key, "/empty": "",
    ]

    @Test func `a client certificate is read with its key`() throws {
        let loaded = try ConfigurationFixture.load(
            "upstreams: {a.io: {client_certificate: /c, client_key: /k}}", files: Self.files)
        let settings = try #require(loaded.configuration.upstreams["a.io"]).settings
        #expect(settings.clientIdentity != nil)
        #expect(!"\(loaded)".contains("PRIVATE"))
    }

    @Test(arguments: [
        ("client_certificate: /c", "client_certificate: client_key is missing beside it"),
        ("client_key: /k", "client_key: client_certificate is missing beside it"),
        ("client_certificate: /gone, client_key: /k", "client_certificate: /gone cannot be read"),
        ("client_certificate: /c, client_key: /gone", "client_key: /gone cannot be read"),
        ("client_certificate: /empty, client_key: /k", "client_certificate: /empty holds no PEM"),
        ("client_certificate: /c, client_key: /empty", "client_key: /empty holds no PEM key"),
        ("client_certificate: /c, client_key: /other", "client_key: the key in /other is not that"),
    ])
    func `an error of a client certificate names the file`(keys: String, expected: String) {
        let problems = ConfigurationFixture.problems(
            "upstreams: {a.io: {\(keys)}}", files: Self.files)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains("upstreams.a.io.\(expected)") }, "\(problems)")
    }
}
