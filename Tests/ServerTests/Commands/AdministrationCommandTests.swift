// What changes something, against a server that speaks the contract.
import ArgumentParser
import TestKit
import Testing

@testable import Server

struct AdministrationCommandTests {
    private typealias Fixture = CommandFixture
    private typealias Answer = ScriptedServer.Answer

    private static let removal = """
        {"tags":1,"manifests":1,"blobs":2,"freed_bytes":2048,"held_bytes":1024,"items":[
        {"digest":"sha256:0123456789abcdef","kind":"manifest","image":"docker.io/library/a:1",
        "bytes":1024},
        {"digest":"sha256:fedcba9876543210","kind":"orphan","image":null,"bytes":1024}]}
        """

    @Test("purge sends its target and tells what is freed now and later")
    func purge() async throws {
        let answers = ["POST /admin/v1/purge": [Answer(Self.removal)]]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                PurgeCommand.self, ["docker.io/library/a", "--server", server.url],
                variables: ["LARDER_ADMIN_TOKEN": "secret"])
            #expect(run.status == .done)
            #expect(
                run.output == "purged 1 tag, 1 manifest, 2 blobs, freed 2.0 KiB, 1.0 KiB of it "
                    + "when running downloads end\n")
            let request = server.requests[0]
            #expect(request.body == #"{"dry_run":false,"target":"docker.io/library/a"}"#)
            #expect(request[header: "authorization"] == "Bearer secret")
            #expect(request[header: "content-type"] == "application/json")
        }
    }

    @Test("A dry run says what would go")
    func dryRun() async throws {
        let answers = ["POST /admin/v1/purge": [Answer(Self.removal)]]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                PurgeCommand.self, ["docker.io", "--dry-run", "--server", server.url])
            #expect(server.requests[0].body.contains(#""dry_run":true"#))
            #expect(
                run.lines.contains("manifest  sha256:0123456789ab  1.0 KiB  docker.io/library/a:1"))
            #expect(run.lines.contains("orphan    sha256:fedcba987654  1.0 KiB  -"))
            #expect(run.lines.contains("and 1 more"))
            #expect(
                run.lines.last == "would purge 1 tag, 1 manifest, 2 blobs and free 2.0 KiB")
        }
    }

    @Test("evict takes a size with a unit, and fails where not enough could go")
    func evict() async throws {
        let answer = Answer(
            #"{"objects":3,"freed_bytes":4096,"held_bytes":0,"is_complete":false,"items":[]}"#)
        try await ScriptedServer.with(["POST /admin/v1/evict": [answer]]) { server in
            let run = try await Fixture.run(
                EvictCommand.self, ["--to", "20GiB", "--server", server.url])
            #expect(server.requests[0].body == #"{"dry_run":false,"to_bytes":21474836480}"#)
            #expect(run.status == .failed)
            #expect(run.output == "evicted 3 objects, freed 4.0 KiB\n")
            #expect(run.diagnostics.contains("not enough to get to 20GiB"))
        }
    }

    @Test("What is no size is a wrong usage")
    func size() {
        #expect(throws: (any Error).self) { try EvictCommand.parseAsRoot(["--to", "20 apples"]) }
        let error = #expect(throws: (any Error).self) {
            try EvictCommand.parseAsRoot(["--to", "20 apples"])
        }
        #expect(
            error.map { EvictCommand.exitCode(for: $0).rawValue } == CommandStatus.usage.rawValue)
    }

    @Test("Pins are put and deleted", arguments: [true, false])
    func pins(changed: Bool) async throws {
        let answer = Answer(#"{"pattern":"docker.io/library/a","changed":\#(changed)}"#)
        let answers = ["PUT /admin/v1/pins": [answer], "DELETE /admin/v1/pins": [answer]]
        try await ScriptedServer.with(answers) { server in
            let arguments = ["docker.io/a", "--server", server.url]
            let pin = try await Fixture.run(PinCommand.self, arguments)
            let unpin = try await Fixture.run(UnpinCommand.self, arguments)
            #expect(pin.status == .done && unpin.status == .done)
            #expect(pin.output.hasPrefix("pinned docker.io/library/a") == changed)
            #expect(unpin.output.hasPrefix("unpinned docker.io/library/a") == changed)
            #expect(
                server.requests.map(\.body) == [
                    #"{"pattern":"docker.io/a"}"#, #"{"pattern":"docker.io/a"}"#,
                ])
        }
    }

    @Test(
        "refresh tells what the tag was and is",
        arguments: [
            (#""sha256:1""#, "sha256:1", "docker.io/library/a:1 is still sha256:1\n"),
            (
                #""sha256:1""#, "sha256:2",
                "docker.io/library/a:1 is now sha256:2\nit was sha256:1\n"
            ),
            ("null", "sha256:2", "docker.io/library/a:1 is sha256:2\n"),
        ])
    func refresh(before: String, after: String, output: String) async throws {
        let answer = Answer(
            """
            {"image":"docker.io/library/a:1","before":\(before),"after":"\(after)",
            "changed":\(before != "\"\(after)\"")}
            """)
        try await ScriptedServer.with(["POST /admin/v1/refresh": [answer]]) { server in
            let run = try await Fixture.run(RefreshCommand.self, ["a:1", "--server", server.url])
            #expect(server.requests[0].body == #"{"image":"docker.io/a:1"}"#)
            #expect(run.output == output)
        }
    }

    @Test(
        "offline sends what is wanted and says what it means",
        arguments: [
            (["on"], #"{"offline":true}"#, "all registries are offline until larder restarts"),
            (["off"], #"{"offline":false}"#, "all registries are asked as usual"),
            (
                ["on", "quay.io"], #"{"offline":true,"upstream":"quay.io"}"#,
                "quay.io is offline until larder restarts"
            ),
        ])
    func offline(arguments: [String], body: String, line: String) async throws {
        let answer = Answer(
            #"{"items":[{"upstream":"quay.io","is_offline":true,"source":"runtime"}]}"#)
        let answers = ["POST /admin/v1/offline": [answer], "GET /admin/v1/offline": [answer]]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                OfflineCommand.self, arguments + ["--server", server.url])
            #expect(server.requests[0].body == body)
            #expect(run.output.hasPrefix(line), "\(run.output)")
            let state = try await Fixture.run(OfflineCommand.self, ["--server", server.url])
            #expect(state.lines.last == "quay.io   yes      runtime", "\(state.output)")
            let json = try await Fixture.run(
                OfflineCommand.self, arguments + ["--json", "--server", server.url])
            #expect(json.output.contains(#""is_offline" : true"#), "\(json.output)")
        }
    }

    @Test("backup tells where the copy is")
    func backup() async throws {
        let answer = Answer(
            #"{"path":"/srv/backups/a.db","bytes":2048,"made_at":"2026-01-01T00:00:00Z"}"#)
        try await ScriptedServer.with(["POST /admin/v1/backup": [answer]]) { server in
            let run = try await Fixture.run(BackupCommand.self, ["--server", server.url])
            #expect(run.output == "/srv/backups/a.db, 2.0 KiB\n")
        }
    }
}
