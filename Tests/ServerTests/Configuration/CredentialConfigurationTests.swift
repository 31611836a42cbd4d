import Testing
import Upstream

@testable import Server

struct CredentialConfigurationTests {
    private static let key = "upstreams.ghcr.io.credentials"

    private static func load(
        _ credentials: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> [Credential] {
        let loaded = try ConfigurationFixture.load(
            "upstreams: {ghcr.io: {credentials: \(credentials)}}", environment: environment,
            files: files)
        let upstream = try #require(loaded.configuration.upstreams["ghcr.io"])
        return upstream.settings.credentials.compactMap { source in
            if case .fixed(let credential) = source { credential } else { nil }
        }
    }

    @Test(arguments: [
        "{username: team, password: hunter2}",
        "[{username: team, password: hunter2}]",
        "{username: team, password_file: /secret}",
    ])
    func `reads a credential`(credentials: String) throws {
        let credential = Credential(username: "team", password: Secret("hunter2"))
        #expect(try Self.load(credentials, files: ["/secret": "hunter2\n"]) == [credential])
    }

    @Test func `reads several credentials`() throws {
        let credentials = try Self.load(
            "[{username: a, password: one}, {username: b, password_file: /two}]",
            files: ["/two": "two"])
        #expect(
            credentials == [
                Credential(username: "a", password: Secret("one")),
                Credential(username: "b", password: Secret("two")),
            ])
    }

    @Test(arguments: [
        ("pass\n", "pass"), ("pass\r\n", "pass"), ("pass", "pass"), ("pass \n", "pass "),
        ("pass\n\n", "pass\n"), ("pä ss\n", "pä ss"),
    ])
    func `drops the one line break at a password file's end`(text: String, password: String) throws
    {
        let credentials = try Self.load(
            "{username: team, password_file: /secret}", files: ["/secret": text])
        #expect(credentials.map { $0.password.reveal() } == [password])
    }

    @Test func `a password in the environment goes before a file's password_file`() throws {
        let credentials = try Self.load(
            "{username: team, password_file: /gone}",
            environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__PASSWORD": "hunter2"])
        #expect(credentials == [Credential(username: "team", password: Secret("hunter2"))])
    }

    @Test func `a password_file in the environment goes before a file's password`() throws {
        let credentials = try Self.load(
            "{username: team, password: old}",
            environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__PASSWORD_FILE": "/secret"],
            files: ["/secret": "new"])
        #expect(credentials == [Credential(username: "team", password: Secret("new"))])
    }

    @Test(arguments: [
        #"{"username": "team", "password": "hunter2"}"#,
        #"[{"username": "team", "password": "hunter2"}]"#,
    ])
    func `reads credentials from JSON in the environment`(value: String) throws {
        let loaded = try ConfigurationFixture.load(
            environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS": value])
        #expect(
            loaded.configuration.upstreams["ghcr.io"]?.settings.credentials == [
                .fixed(Credential(username: "team", password: Secret("hunter2")))
            ])
    }

    @Test(arguments: [
        ("{username: team}", "1:37: \(key): password or password_file is missing"),
        ("{password: hunter2}", "1:37: \(key): username is missing"),
        (
            "{username: team, password: a, password_file: /b}",
            "1:66: \(key).password_file: password and password_file exclude each other"
        ),
        (
            "[{username: team, password: a, password_file: /b}]",
            "1:67: \(key): password_file: password and password_file exclude each other"
        ),
        (
            "{username: team, password_file: /gone}",
            "1:53: \(key).password_file: /gone cannot be read: No such file or directory"
        ),
        (
            "[{username: team, password_file: /gone}]",
            "1:23: \(key).password_file: /gone cannot be read: No such file or directory"
        ),
        (
            "{username: team, password_file: /empty}",
            "1:53: \(key).password_file: /empty holds no password or token"
        ),
        ("{username: team, pasword: a}", "1:53: \(key).pasword: unknown key"),
        ("[{username: team, pasword: a}]", "1:54: \(key): pasword: unknown key"),
        ("{username: \"te:am\", password: a}", "1:47: \(key).username: expected a user name"),
        ("[team]", "1:37: \(key): expected username and password"),
        ("team", "1:36: \(key): expected username and password"),
    ])
    func `refuses an incomplete credential`(credentials: String, expected: String) {
        let problems = ConfigurationFixture.problems(
            "upstreams: {ghcr.io: {credentials: \(credentials)}}", files: ["/empty": "\n"])
        #expect(
            problems.contains { $0.hasPrefix("larder.yaml:\(expected)") }, "\(problems)")
    }

    @Test func `reads helpers and Docker's configuration beside user names`() throws {
        let loaded = try ConfigurationFixture.load(
            """
            upstreams:
              ghcr.io:
                credentials:
                  - {username: team, password: hunter2}
                  - {helper: ecr-login}
                  - {helper: /opt/helpers/docker-credential-gcr}
                  - docker_config: /etc/larder/docker.json
            """, files: ["/etc/larder/docker.json": "{}"])
        let sources = loaded.configuration.upstreams["ghcr.io"]?.settings.credentials
        let ecr = try #require(CredentialHelper("ecr-login"))
        let gcr = try #require(CredentialHelper("/opt/helpers/docker-credential-gcr"))
        #expect(
            sources == [
                .fixed(Credential(username: "team", password: Secret("hunter2"))), .helper(ecr),
                .helper(gcr), .dockerConfig("/etc/larder/docker.json"),
            ])
    }

    @Test func `a helper in the environment goes before a file's password`() throws {
        let loaded = try ConfigurationFixture.load(
            "upstreams: {ghcr.io: {credentials: {username: team, password: hunter2}}}",
            environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__HELPER": "gcr"])
        let helper = try #require(CredentialHelper("gcr"))
        let sources = loaded.configuration.upstreams["ghcr.io"]?.settings.credentials
        #expect(sources == [.helper(helper)])
    }

    @Test(arguments: [
        ("{helper: ../evil}", "1:45: \(key).helper: expected a credential helper such as"),
        ("{helper: ECR}", "1:45: \(key).helper: expected a credential helper such as"),
        (
            "{helper: gcr, username: team}",
            "1:37: \(key).helper: username and helper exclude each other"
        ),
        (
            "{helper: gcr, docker_config: /d}",
            "1:50: \(key).docker_config: helper and docker_config exclude each other"
        ),
        (
            "{docker_config: /gone}",
            "1:37: \(key).docker_config: /gone cannot be read: No such file or directory"
        ),
    ])
    func `refuses what cannot be a helper or file`(credentials: String, expected: String) {
        let problems = ConfigurationFixture.problems(
            "upstreams: {ghcr.io: {credentials: \(credentials)}}", files: ["/d": "{}"])
        #expect(
            problems.contains { $0.hasPrefix("larder.yaml:\(expected)") }, "\(problems)")
    }

    @Test func `a variable's user name does not stand beside a file's helper`() {
        let problems = ConfigurationFixture.problems(
            "upstreams: {ghcr.io: {credentials: {helper: gcr}}}",
            environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__USERNAME": "team"])
        #expect(problems.count == 1)
        #expect(problems.first?.contains("helper stands alone") == true, "\(problems)")
    }

    @Test func `a variable cannot choose among several credentials`() {
        let problems = ConfigurationFixture.problems(
            """
            upstreams:
              ghcr.io:
                credentials: [{username: a, password: b}, {username: c, password: d}]
            """, environment: ["LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__PASSWORD": "e"])
        #expect(problems.count == 1)
        #expect(problems.first?.contains("several credentials") == true)
    }
}
