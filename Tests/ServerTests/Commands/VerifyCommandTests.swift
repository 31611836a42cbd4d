import TestKit
import Testing

@testable import Server

struct VerifyCommandTests {
    private typealias Fixture = CommandFixture
    private typealias Answer = ScriptedServer.Answer

    private static func answer(
        _ state: String, _ checked: Int, damaged: Int = 0, status: Int = 200
    ) -> Answer {
        let ended = state == "running" ? "null" : "\"\(Fixture.timestamp(0))\""
        return Answer(
            """
            {"state":"\(state)","started_at":"\(Fixture.timestamp(60))","ended_at":\(ended),
            "objects":4,"checked_objects":\(checked),"checked_bytes":\(checked * 1024),
            "damaged_objects":\(damaged)}
            """, status: status)
    }

    private static let path = "/admin/v1/verify"

    @Test("verify follows the server's progress to its end")
    func progress() async throws {
        let answers = [
            "POST \(Self.path)": [Self.answer("running", 0, status: 202)],
            "GET \(Self.path)": [
                Self.answer("running", 1), Self.answer("running", 3), Self.answer("done", 4),
            ],
        ]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                VerifyCommand.self, ["docker.io/library/*", "--server", server.url])
            #expect(server.requests[0].body == #"{"pattern":"docker.io/library/*"}"#)
            #expect(server.requests.count == 4)
            #expect(run.status == .done)
            #expect(
                run.diagnostics == """
                    0.0% 0 of 4 objects, 0 B
                    25.0% 1 of 4 objects, 1.0 KiB
                    75.0% 3 of 4 objects, 3.0 KiB

                    """)
            #expect(run.output == "verified 4 of 4 objects, 4.0 KiB, 0 damaged, done now\n")
        }
    }

    @Test("On a terminal there is a bar, removed at the end")
    func bar() async throws {
        let answers = [
            "POST \(Self.path)": [Self.answer("running", 2)],
            "GET \(Self.path)": [Self.answer("done", 4)],
        ]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                VerifyCommand.self, ["--server", server.url], diagnosticsWidth: 60)
            #expect(run.diagnostics.contains("] 50.0% 2 of 4 objects, 2.0 KiB"))
            #expect(run.diagnostics.hasSuffix("\r\u{1B}[K"))
            #expect(server.requests[0].body == "{}")
        }
    }

    @Test("R5: damage makes the command fail", arguments: [("done", 1), ("failed", 0)])
    func damage(state: String, damaged: Int) async throws {
        let answers = ["POST \(Self.path)": [Self.answer(state, 4, damaged: damaged)]]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(VerifyCommand.self, ["--server", server.url])
            #expect(run.status == .failed)
            #expect(run.diagnostics.contains(damaged > 0 ? "1 damaged object set" : "broke off"))
        }
    }

    @Test("Ctrl-C leaves the server at work and says so")
    func interrupted() async throws {
        let answers = [
            "POST \(Self.path)": [Self.answer("running", 0)],
            "GET \(Self.path)": [Self.answer("running", 1)],
        ]
        try await ScriptedServer.with(answers) { server in
            let interruption = Interruption()
            async let run = Fixture.run(
                VerifyCommand.self, ["--server", server.url], interruption: interruption)
            while server.requests.count < 3 { await shortPause() }
            interruption.happen()
            let ended = try await run
            #expect(ended.status == .interrupted)
            #expect(ended.diagnostics.contains("the server goes on verifying"))
            #expect(server.requests.allSatisfy { $0.method != "DELETE" })
        }
    }

    @Test("--status asks and --stop stops, without starting anything")
    func statusAndStop() async throws {
        let answers = [
            "GET \(Self.path)": [Self.answer("running", 1)],
            "DELETE \(Self.path)": [Self.answer("idle", 1)],
        ]
        try await ScriptedServer.with(answers) { server in
            let status = try await Fixture.run(
                VerifyCommand.self, ["--status", "--server", server.url])
            let stop = try await Fixture.run(
                VerifyCommand.self, ["--stop", "--server", server.url])
            #expect(status.output.hasPrefix("running since 60 s ago: 1 of 4 objects"))
            #expect(stop.output.hasPrefix("stopped now after 1 of 4 objects"))
            #expect(server.requests.map(\.method) == ["GET", "DELETE"])
        }
    }
}
