/// `larder verify`

import ArgumentParser

struct VerifyCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare what is in the cache with its digests.",
        discussion: """
            A pattern is as for larder ls; without one it is everything. What is damaged is set \
            aside and fetched again at its next use; that there was any makes the exit code 1. \
            Ctrl-C leaves the server at work.

            \(CommandStatus.help)
            """)

    @Argument(help: "Only what matches, as docker.io/library/*")
    var pattern: String?

    @Flag(help: "Tell how far a verification is that was started before.")
    var status = false

    @Flag(help: "Stop a verification that runs.")
    var stop = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard [status, stop, pattern != nil].filter({ $0 }).count < 2 else {
            throw ValidationError("PATTERN, --status and --stop exclude each other")
        }
    }

    func perform(_ session: CommandSession) async throws {
        var bytes: [UInt8]
        if status {
            bytes = try await session.change(.get, Self.path)
        } else if stop {
            bytes = try await session.change(.delete, Self.path)
        } else {
            let request = VerifyRequest(pattern: pattern.map(ImageShorthand.pattern))
            bytes = try await session.change(.post, Self.path, request)
            bytes = try await follow(bytes, session)
        }
        let now = session.environment.now()
        try session.show(bytes) { VerificationText.lines($0, now: now) }
        if let failure = VerificationText.failure(try session.decode(bytes)) { throw failure }
    }

    static let path = "/admin/v1/verify"

    /// Shows how far it is until it is at its end, whose answer comes back.
    private func follow(_ first: [UInt8], _ session: CommandSession) async throws -> [UInt8] {
        let width = session.terminal.diagnosticsWidth
        defer { session.terminal.diagnostics(ProgressReport(width: width).end) }
        return try await session.untilInterrupted("verifying", hint: "see larder verify --status") {
            var progress = ProgressReport(width: width)
            var bytes = first
            while true {
                let document = try session.decode(bytes, as: VerificationDocument.self)
                guard document.state == .running else { return bytes }
                let text = VerificationText.progress(document)
                if let output = progress.step(document.checkedObjects, of: document.objects, text) {
                    session.terminal.diagnostics(output)
                }
                try await Task.sleep(for: session.environment.pollInterval)
                bytes = try await session.change(.get, Self.path)
            }
        }
    }
}
