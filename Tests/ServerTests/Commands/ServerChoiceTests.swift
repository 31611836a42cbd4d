import ArgumentParser
import TestKit
import Testing
import Upstream

@testable import Server

struct ServerChoiceTests {
    private static let file = "/etc/larder/larder.yaml"

    private static let tls = "tls: {certificate: /larder.crt, key: /larder.key}"

    private func choose(
        _ arguments: [String] = [], yaml: String = "data_dir: /srv",
        variables: [String: String] = [:], files: [String: String] = [:]
    ) throws -> ServerChoice {
        let options = try #require(try StatsCommand.parseAsRoot(arguments) as? StatsCommand).options
        return try ServerChoice.resolve(
            options, environment: variables,
            system: ConfigurationFixture.system(
                files: files.merging([Self.file: yaml]) { one, _ in one }))
    }

    @Test(
        "The address is the configuration's: admin.listen, else the first of listen",
        arguments: [
            ("listen: 127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("{}", "http://127.0.0.1:5000"),
            (#"listen: ["[::]:5001", "10.0.0.1:5002"]"#, "http://127.0.0.1:5001"),
            (#"listen: "[fd00::1]:5001""#, "http://[fd00::1]:5001"),
            ("admin: {listen: 127.0.0.1:6000}", "http://127.0.0.1:6000"),
            (#"admin: {listen: "unix:/run/larder.sock"}"#, "unix:/run/larder.sock"),
            ("\(tls)\nadmin: {listen: 127.0.0.1:6000}", "http://127.0.0.1:6000"),
            ("\(tls)\nadmin: {listen: 0.0.0.0:6000}", "https://127.0.0.1:6000"),
            (
                "\(tls)\nadmin: {listen: 10.0.0.1:6000}\nlisten_plain: 127.0.0.1:1",
                "https://10.0.0.1:6000"
            ),
        ])
    func configured(yaml: String, address: String) throws {
        let choice = try choose(
            yaml: yaml,
            files: [
                "/larder.crt": TestCertificates.server.certificate,
                "/larder.key": TestCertificates.server.key,
            ])
        #expect(choice.address.description == address)
        #expect(choice.configuration != nil)
    }

    @Test("A flag goes before the variable, the variable before the configuration")
    func precedence() throws {
        let variables = ["LARDER_SERVER": "http://b:2"]
        let flag = try choose(["--server", "http://a:1"], variables: variables)
        #expect(flag.address.description == "http://a:1")
        #expect(flag.configuration == nil)
        #expect(try choose(variables: variables).address.description == "http://b:2")
        let empty = try choose(variables: ["LARDER_SERVER": ""])
        #expect(empty.address.description == "http://127.0.0.1:5000")
    }

    @Test(
        "What is no address is a wrong usage",
        arguments: ["cache:5000", "ftp://a", "unix:relative", "http://a/?q", "http://u:p@a"])
    func malformed(text: String) {
        let failure = #expect(throws: CommandFailure.self) { try choose(["--server=\(text)"]) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("u:p") == false)
    }

    @Test("A port that nobody knows before cannot be asked")
    func anyPort() {
        let failure = #expect(throws: CommandFailure.self) {
            try choose(yaml: "listen: 127.0.0.1:0")
        }
        #expect(failure?.status == .usage)
    }

    @Test("Requests to a socket and to a path below a host have the right URL")
    func urls() throws {
        let socket = try ServerAddress(parsing: "unix:/run/a b.sock")
        #expect(socket.url("/stats", query: "a=1") == "http+unix://%2Frun%2Fa%20b.sock/stats?a=1")
        let below = try ServerAddress(parsing: "https://cache.lan/larder/")
        #expect(below.url("/stats", query: nil) == "https://cache.lan/larder/stats")
    }

    @Test(
        "Which hosts are this machine",
        arguments: [
            ("http://127.0.0.1:1", true), ("http://127.1.2.3:1", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true), ("unix:/a", true), ("http://127.example.com:1", false),
            ("http://10.0.0.1:1", false), ("http://localhost.example.com:1", false),
        ])
    func local(text: String, isLocal: Bool) throws {
        #expect(try ServerAddress(parsing: text).isLocal == isLocal)
    }

    // MARK: The token

    private static let kept = ["/srv/admin.token": "kept\n", "/token": " given\n"]

    @Test("The token: file given, variable, configuration, data directory, in this order")
    func tokens() throws {
        let variables = ["LARDER_ADMIN_TOKEN": "variable"]
        func token(_ choice: ServerChoice) -> String? { choice.credential.token?.reveal() }
        #expect(
            token(try choose(["--token-file", "/token"], variables: variables, files: Self.kept))
                == "given")
        #expect(token(try choose(variables: variables, files: Self.kept)) == "variable")
        let configured = "data_dir: /srv\nadmin: {token: configured}"
        #expect(token(try choose(yaml: configured, files: Self.kept)) == "configured")
        let kept = try choose(files: Self.kept)
        #expect(token(kept) == "kept")
        #expect(kept.credential.origin == "/srv/admin.token")
        let file = "data_dir: /srv\nadmin: {token_file: /token}"
        #expect(try choose(yaml: file, files: Self.kept).credential.origin == "/token")
    }

    @Test("--data-dir says where the token is")
    func dataDirectory() throws {
        let choice = try choose(["--data-dir", "/other"], files: ["/other/admin.token": "x"])
        #expect(choice.credential.token?.reveal() == "x")
    }

    @Test("Without any token it is known what was tried")
    func noToken() throws {
        let choice = try choose()
        #expect(choice.credential.token == nil)
        #expect(choice.credential.origin == "/srv/admin.token: No such file or directory")
        let blank = try choose(files: ["/srv/admin.token": "\n"])
        #expect(blank.credential.token == nil)
    }

    @Test("A token file that is named must be readable")
    func unreadable() {
        let failure = #expect(throws: CommandFailure.self) { try choose(["--token-file", "/no"]) }
        #expect(failure?.status == .unreachable)
        #expect(failure?.message == "the token file /no: No such file or directory")
    }

    @Test("This machine's token goes to a given server on this machine, not to any other")
    func otherMachine() throws {
        let here = try choose(["--server", "http://127.0.0.1:9"], files: Self.kept)
        #expect(here.credential.token?.reveal() == "kept")
        let there = try choose(["--server", "http://cache.lan:9"], files: Self.kept)
        #expect(there.credential.token == nil)
    }

    @Test("With server and token given no configuration is read")
    func configurationUnread() throws {
        let arguments = ["--server", "http://127.0.0.1:9", "--token-file", "/token"]
        #expect(throws: Never.self) {
            try choose(arguments, yaml: "nonsense: 1", files: Self.kept)
        }
        #expect(throws: ConfigurationError.self) { try choose(yaml: "nonsense: 1") }
    }
}

struct ImageShorthandTests {
    @Test(
        "An image without a registry is Docker Hub's",
        arguments: [
            ("alpine", "docker.io/alpine"), ("grafana/loki:3", "docker.io/grafana/loki:3"),
            ("ghcr.io/org/app", "ghcr.io/org/app"), ("localhost/app", "localhost/app"),
            ("lab:5000/app", "lab:5000/app"), ("alpine:3", "docker.io/alpine:3"),
        ])
    func images(text: String, full: String) {
        #expect(ImageShorthand.image(text) == full)
    }

    @Test(
        "A pattern without a registry is of any",
        arguments: [
            ("alpine", "**/alpine"), ("library/alpine:3", "**/library/alpine:3"),
            ("docker.io/library/*", "docker.io/library/*"), ("*/a", "*/a"), ("**/a", "**/a"),
            ("sha256:00", "sha256:00"),
        ])
    func patterns(text: String, full: String) {
        #expect(ImageShorthand.pattern(text) == full)
    }
}
