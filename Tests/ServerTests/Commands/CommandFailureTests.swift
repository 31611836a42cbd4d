// How commands end that cannot do what they were asked for.
import CacheStore
import TestKit
import Testing

@testable import Server

struct CommandFailureTests {
    private typealias Fixture = CommandFixture

    private static let file = "/etc/larder/larder.yaml"

    /// tcpmux: no test can be given this port, and nothing listens there.
    private static let closedPort = 1

    @Test(
        "The server's refusal is the command's: its words, and 1", arguments: [400, 404, 500, 503])
    func refused(status: Int) async throws {
        let answer = ScriptedServer.Answer(
            #"{"error":{"message":"no such image","parameter":"name"}}"#, status: status)
        try await ScriptedServer.with(["GET /stats/image": [answer]]) { server in
            let run = try await Fixture.run(ShowCommand.self, ["a", "--server", server.url])
            #expect(run.status == .failed)
            #expect(run.output.isEmpty)
            #expect(run.diagnostics == "Error: no such image\n")
        }
    }

    @Test(
        "A token that is missing or wrong is 2, and it is said where it was looked for",
        arguments: [
            (401, [:], "none was found: /srv/admin.token: No such file or directory"),
            (401, ["/srv/admin.token": "x"], "did not take the one of /srv/admin.token"),
            (403, ["/srv/admin.token": "x"], "refuses the admin token of /srv/admin.token"),
        ] as [(Int, [String: String], String)])
    func token(status: Int, files: [String: String], message: String) async throws {
        let answer = ScriptedServer.Answer(#"{"error":{"message":"no"}}"#, status: status)
        try await ScriptedServer.with(["POST /admin/v1/purge": [answer]]) { server in
            let run = try await Fixture.run(
                PurgeCommand.self, ["docker.io", "--server", server.url],
                files: files.merging([Self.file: "data_dir: /srv"]) { one, _ in one })
            #expect(run.status == .unreachable)
            #expect(run.diagnostics.contains(message))
            #expect(!run.diagnostics.contains("Bearer"))
        }
    }

    @Test("Where nothing listens it is 2")
    func unreachable() async throws {
        let port = Self.closedPort
        let run = try await Fixture.run(
            StatsCommand.self, ["--server", "http://127.0.0.1:\(port)"])
        #expect(run.status == .unreachable)
        #expect(
            run.diagnostics
                == "Error: larder cannot be reached at http://127.0.0.1:\(port): Connection refused\n"
        )
    }

    @Test("What is not larder is 2")
    func notLarder() async throws {
        try await ScriptedServer.with([:]) { server in
            let run = try await Fixture.run(StatsCommand.self, ["--server", server.url])
            #expect(run.status == .unreachable)
            #expect(run.diagnostics.contains("answers 404: it is not larder"))
        }
    }

    @Test("A redirect is not followed: the token goes to no other server")
    func redirect() async throws {
        try await ScriptedServer.with(["GET /stats": [.init("{}")]]) { other in
            let registry = try await ScriptedRegistry.start()
            registry.inject(.redirect(to: "\(other.url)/stats"), on: RequestMatcher())
            let run = try await Fixture.run(StatsCommand.self, ["--server", registry.url])
            #expect(run.status == .unreachable)
            #expect(other.requests.isEmpty)
            await registry.stop()
        }
    }

    @Test("An answer in another form is a failure", arguments: ["{}", "<html>", ""])
    func malformed(body: String) async throws {
        try await ScriptedServer.with(["GET /stats": [.init(body)]]) { server in
            let run = try await Fixture.run(StatsCommand.self, ["--server", server.url])
            #expect(run.status == .failed)
            #expect(run.diagnostics.contains("in a form unknown here"))
        }
    }

    @Test("Without server and index it is 2, and both are told")
    func noIndex() async throws {
        let port = Self.closedPort
        let directory = try TemporaryDirectory()
        let yaml = "listen: 127.0.0.1:\(port)\ndata_dir: \(directory.path)"
        let run = try await Fixture.run(ListCommand.self, [], files: [Self.file: yaml])
        #expect(run.status == .unreachable)
        #expect(run.diagnostics.contains("Connection refused, and there is no index"))
        #expect(run.diagnostics.contains("\(directory.path)/larder.db"))
    }

    @Test("A wrong configuration is told as serve tells it")
    func configuration() async throws {
        let run = try await Fixture.run(StatsCommand.self, [], files: [Self.file: "lisen: 1"])
        #expect(run.status == .failed)
        #expect(run.diagnostics.contains("did you mean listen?"))
    }
}
