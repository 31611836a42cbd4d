/// `larder check-access`
import ArgumentParser
import Testing

@testable import Server

@Suite("larder check-access")
struct CheckAccessTests {
    private static let yaml = """
        auth: {groups: {builders: [ci]}}
        rules:
          - {name: builders, action: allow, group: builders, network: 10.0.0.0/8}
          - {action: deny, repository: docker.io/nginx, tag: latest, reason: pin a version}
        """

    private func run(_ arguments: [String]) async throws -> CommandRun {
        let recorded = RecordedTerminal()
        let environment = CommandEnvironment(
            variables: [:], system: ConfigurationFixture.system(files: ["c.yaml": Self.yaml]),
            terminal: recorded.terminal(width: nil, diagnosticsWidth: nil))
        let command = try #require(
            try CheckAccessCommand.parseAsRoot(arguments + ["--config", "c.yaml"])
                as? CheckAccessCommand)
        let status = await command.exitStatus(in: environment)
        return CommandRun(
            status: status, output: recorded.output, diagnostics: recorded.diagnostics)
    }

    @Test("it says which rule decides, and why those before it do not")
    func text() async throws {
        let denied = try await run(["-", "nginx"])
        #expect(denied.status == .failed)
        #expect(
            denied.lines == [
                "denied: docker.io/library/nginx:latest for anonymous",
                "  rule 1 \"builders\" does not match by group: allow group builders, network "
                    + "10.0.0.0/8",
                "  rule 2 matches: deny repository docker.io/library/nginx, tag latest (pin a "
                    + "version)",
            ])
        let allowed = try await run(["ci", "nginx", "--from", "10.1.2.3"])
        #expect(allowed.status == .done)
        #expect(
            allowed.lines == [
                "allowed: docker.io/library/nginx:latest for ci from 10.1.2.3",
                "  rule 1 \"builders\" matches: allow group builders, network 10.0.0.0/8",
            ])
        let other = try await run(["ci", "ghcr.io/org/app:1", "--from", "192.0.2.1"])
        #expect(other.status == .done)
        #expect(other.lines.last == "  no rule matches, which allows it")
        #expect(other.lines.contains { $0.contains("does not match by network") })
    }

    @Test("as JSON")
    func json() async throws {
        let denied = try await run(["-", "docker.io/library/nginx", "--json"])
        let compact = denied.output.filter { !$0.isWhitespace }
        #expect(
            compact == """
                {"allowed":false,"decided_by":{"number":2,"reason":"pinaversion",\
                "rule":"denyrepositorydocker.io/library/nginx,taglatest"},\
                "image":"docker.io/library/nginx:latest",\
                "passed":[{"name":"builders","number":1,\
                "rule":"allowgroupbuilders,network10.0.0.0/8","unmet":"group"}]}
                """)
    }

    @Test("wrong usage is told from a denial")
    func usage() async throws {
        for arguments in [["nowhere.example/a"], ["nginx", "--from", "10.0.0.0/8"], ["ngi nx"]] {
            let run = try await run(["-"] + arguments)
            #expect(run.status == .usage && run.output.isEmpty && !run.diagnostics.isEmpty)
        }
    }
}
