import Testing
import Upstream

@testable import Server

struct EffectiveConfigurationTests {
    private static let yaml = """
        listen: [":80", "127.0.0.1:81"]
        domain: example.com
        cache: {max_size: 80%}
        tags: {fresh_for: 90s}
        upstreams:
          docker.io:
            aliases: []
            hosts: [hub.example.com]
            credentials:
              - {username: team, password: hunter2}
              - {username: file, password_file: /secret}
              - {helper: ecr-login}
              - {docker_config: /docker.json}
            max_fetches: 8
            max_bandwidth: 20MB
            rate_limit: {reserve: 0%}
          nvcr.io: {enabled: false}
          lab.local:5000:
            url: http://127.0.0.1:5100/sub
            allow_http: true
            ca_file: /ca
            timeouts: {idle: 5s}
            redirects:
              preset: predecessor
              rules:
                - {hosts: [cdn.lan, "*.cdn.lan"], action: follow}
                - {hosts: "*", action: refuse}
              on_failure: hand_over
          ghcr.io:
            endpoints: [{url: "https://mirror.example.com", resolve: false}, "https://ghcr.io"]
          quay.io:
            endpoints: [https://a.example.com, https://b.example.com]
        """
    private static let files = [
        "/secret": "swordfish", "/ca": "-----BEGIN CERTIFICATE-----", "/docker.json": "{}",
    ]

    @Test(arguments: ["", yaml])
    func `what is printed reads back to the same`(yaml: String) throws {
        var loaded = try ConfigurationFixture.load(yaml, files: Self.files)
        let printed = EffectiveConfiguration(loaded).description
        let again = try ConfigurationFixture.load(printed, files: Self.files)
        let redacted = credentials(loaded).map {
            var credential = $0
            let isWritten = credential.passwordFile == nil && !credential.username.isEmpty
            if isWritten { credential.password = Secret("<redacted>") }
            return credential
        }
        loaded.configuration.upstreams["docker.io"]?.credentials = redacted
        #expect(again.configuration == loaded.configuration)
        #expect(EffectiveConfiguration(loaded).description == printed)
    }

    private func credentials(_ loaded: LoadedConfiguration) -> [CredentialConfiguration] {
        loaded.configuration.upstreams["docker.io"]?.credentials ?? []
    }

    @Test func `every value stands beside its source`() throws {
        let loaded = try ConfigurationFixture.load(
            Self.yaml,
            environment: ["LARDER_LOG__LEVEL": "debug"],
            overrides: [.init(key: "data_dir", value: "/srv/l", flag: "--data-dir")],
            files: Self.files)
        let lines = EffectiveConfiguration(loaded).description.split(separator: "\n").map(
            String.init)
        #expect(
            lines.prefix(20) == [
                #"listen: ["[::]:80", "127.0.0.1:81"]  # line 1"#,
                "data_dir: /srv/l  # --data-dir",
                "domain: example.com  # line 2",
                "default_upstream: docker.io",
                "default_platform: linux/amd64",
                "offline: false",
                "log:",
                "  level: debug  # LARDER_LOG__LEVEL",
                "  format: text",
                "tags:",
                "  fresh_for: 1m30s  # line 4",
                "  stale_while_revalidate: 0s",
                "  stale_if_error: 7d",
                "  rules: []",
                "cache:",
                "  enabled: true",
                "  max_size: 80%  # line 3",
                "  min_free: 1GiB",
                "  pins: []",
                "  negative_for: 10s",
            ])
        #expect(lines.contains("    url: http://127.0.0.1:5100/sub  # line 19"))
        #expect(lines.contains("    enabled: false"))
    }

    @Test func `secrets are never shown`() throws {
        let loaded = try ConfigurationFixture.load(Self.yaml, files: Self.files)
        var dumped = ""
        dump(loaded, to: &dumped)
        let texts = [
            EffectiveConfiguration(loaded).description, "\(loaded)", String(reflecting: loaded),
            dumped,
        ]
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("swordfish"))
            #expect(text.contains("<redacted>"))
        }
    }

    @Test(arguments: [
        "{username: team, password: [hunter2]}",
        "{username: team, password: {hunter2: 1}}",
        "{username: team, password: hunter2, password_file: hunter2}",
        "{username: , password: hunter2}",
        "[{username: team, password: hunter2}, {username: team, password: hunter2}]",
    ])
    func `no error shows a secret`(credentials: String) {
        let problems = ConfigurationFixture.problems(
            "upstreams: {ghcr.io: {credentials: \(credentials)}}")
        #expect(!problems.isEmpty)
        #expect(!problems.contains { $0.contains("hunter2") }, "\(problems)")
    }
}
