// Asks helpers and reads Docker's file, off the event loops.
import NIOCore
import NIOPosix

/// What a source gives, by means that block.
struct CredentialReader: Sendable {
    /// How long a helper may take.
    var helperTimeout = Duration.seconds(10)
    /// What is run for a helper.
    var program: @Sendable (CredentialHelper) -> String = { $0.program }

    /// Threads for programs that are waited for; nobody else's work stands behind them.
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        return threads
    }()

    /// - Returns: nil where the helper has no credential for the server.
    func ask(_ helper: CredentialHelper, server: String) async throws -> Credential? {
        try await Self.threads.runIfActive {
            let outcome = try HelperProcess.get(
                program(helper), server: server, within: helperTimeout)
            return try HelperAnswer.credential(outcome.output, exitCode: outcome.exitCode)
        }
    }

    func dockerConfig(_ path: String) async throws -> DockerConfig {
        try await Self.threads.runIfActive {
            try DockerConfig(SmallFile.contents(of: path, limit: DockerConfig.maximumBytes))
        }
    }
}
