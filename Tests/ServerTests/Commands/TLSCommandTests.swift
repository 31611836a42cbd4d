// Commands against a server that speaks TLS.
import ArgumentParser
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Commands over TLS", .timeLimit(.minutes(1)))
struct TLSCommandTests {
    private func health(
        _ arguments: [String], _ files: [String: String] = [:]
    ) async throws -> (Bool, String) {
        let recorded = RecordedTerminal()
        let environment = CommandEnvironment(
            variables: [:], system: ConfigurationFixture.system(files: files),
            terminal: recorded.terminal(width: nil, diagnosticsWidth: nil))
        let command = try #require(
            try HealthCheckCommand.parseAsRoot(arguments) as? HealthCheckCommand)
        return (await command.isHealthy(in: environment), recorded.diagnostics)
    }

    private func yaml(_ larder: TestLarder, _ files: TLSFixture, _ further: String = "")
        -> [String: String]
    {
        [
            "/etc/larder/larder.yaml": """
            listen: 127.0.0.1:\(larder.port)
            tls: {certificate: \(files.certificate), key: \(files.key)}
            \(further)
            """,
            files.certificate: TestCertificates.server.certificate,
            files.key: TestCertificates.server.key,
        ]
    }

    @Test("the configuration's own server is taken as it is, another by its authority")
    func trust() async throws {
        try await TLSFixture.withLarder { larder, _, files in
            let own = try await health([], yaml(larder, files))
            #expect(own.0, "\(own.1)")
            let unknown = try await health(["--server", larder.url])
            #expect(!unknown.0 && unknown.1.contains("--ca-file"), "\(unknown.1)")
            let insecure = try await health(["--server", larder.url, "--insecure"])
            #expect(insecure.0, "\(insecure.1)")
            let known = try await health(
                ["--server", larder.url, "--ca-file", "/ca.crt"],
                ["/ca.crt": TestCertificates.authority])
            #expect(known.0, "\(known.1)")
            let missing = try await health(["--server", larder.url, "--ca-file", "/ca.crt"])
            #expect(!missing.0 && missing.1.contains("/ca.crt"))
        }
    }

    @Test("where there is a plain address beside TLS, that is asked")
    func plain() async throws {
        try await TLSFixture.withLarder(
            change: { $0.listenPlain = [ListenAddress(host: "127.0.0.1", port: 0)] }
        ) { larder, _, files in
            let port = try #require(larder.plainPort)
            let listing = yaml(larder, files, "listen_plain: 127.0.0.1:\(port)")
            let choice = try ServerChoice.resolve(
                try #require(try StatsCommand.parseAsRoot([]) as? StatsCommand).options,
                environment: [:], system: ConfigurationFixture.system(files: listing))
            #expect(choice.address.description == "http://127.0.0.1:\(port)")
            let answer = try await health([], listing)
            #expect(answer.0, "\(answer.1)")
        }
    }
}
