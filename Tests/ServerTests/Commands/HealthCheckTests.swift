/// `larder health-check`
import ArgumentParser
import TestKit
import Testing

@testable import Server

@Suite("Health check")
struct HealthCheckTests {
    private func isHealthy(
        _ arguments: [String], variables: [String: String] = [:], yaml: String? = nil
    ) async throws -> (Bool, String) {
        let recorded = RecordedTerminal()
        let environment = CommandEnvironment(
            variables: variables,
            system: ConfigurationFixture.system(
                files: yaml.map { ["/etc/larder/larder.yaml": $0] } ?? [:]),
            terminal: recorded.terminal(width: nil, diagnosticsWidth: nil))
        let command = try #require(
            try HealthCheckCommand.parseAsRoot(arguments) as? HealthCheckCommand)
        return (await command.isHealthy(in: environment), recorded.diagnostics)
    }

    @Test("a server that serves is healthy, wherever its address comes from")
    func healthy() async throws {
        try await withLarder({ _ in }) { larder, _ in
            let port = larder.port
            let asked = [
                try await isHealthy(["--server", larder.url]),
                try await isHealthy([], variables: ["LARDER_SERVER": larder.url]),
                try await isHealthy([], yaml: "listen: 0.0.0.0:\(port)"),
                try await isHealthy(
                    [], yaml: "{listen: 127.0.0.1:\(port), admin: {listen: 'unix:/nowhere'}}"),
                try await isHealthy(
                    [], variables: ["PORT": "\(port)", "CUSTOM_DOMAIN": "example.com"]),
            ]
            for (isHealthy, diagnostics) in asked { #expect(isHealthy, "\(diagnostics)") }
        }
    }

    @Test("a server that is not there, or not ready, is not healthy, and why is told")
    func unhealthy() async throws {
        try await ScriptedRegistry.with { other in
            let answers404 = try await isHealthy(["--server", other.url])
            #expect(!answers404.0 && answers404.1.hasPrefix("Error: "))
        }
        let nobody = try await isHealthy(["--server", "http://127.0.0.1:1"])
        #expect(!nobody.0 && nobody.1.hasPrefix("Error: "))
        let broken = try await isHealthy([], yaml: "listen: nowhere")
        #expect(!broken.0 && broken.1.contains("listen"))
    }

    @Test("go-docker-proxy's flag is the command, alone on the line")
    func flag() {
        for flag in ["-health-check", "--health-check"] {
            #expect(Larder.arguments([flag]) == ["health-check"])
        }
        #expect(Larder.arguments(["serve", "-health-check"]) == ["serve", "-health-check"])
        #expect(Larder.arguments([]) == [])
    }
}
