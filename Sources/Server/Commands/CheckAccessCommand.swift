/// `larder check-access`

import ArgumentParser
import CacheStore
import NIOPosix
import OCI
import Upstream

/// Decides by the rules of a configuration, as the server that runs with it does.
struct CheckAccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-access",
        abstract: "Say whether somebody may pull an image by the rules, and which rule decides.",
        discussion: """
            Reads the configuration as check-config does; no server is asked. Which tags lead to \
            a digest only the server knows: a digest is judged as one that no tag is known for.

            Exit codes: 0 allowed; 1 denied; 64 wrong usage, or a configuration that cannot be \
            used.
            """)

    @Argument(help: "Who signed in; - for anonymous.")
    var user: String

    @Argument(help: "As docker.io/library/alpine:3, or alpine:3 for short.")
    var image: String

    @Option(help: "The client's address (default: one that no rule names).")
    var from: String?

    @Option(
        name: [.short, .customLong("config")],
        help: "The configuration file (default: /etc/larder/larder.yaml, if it exists).")
    var file: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let status = await exitStatus(in: CommandEnvironment())
        if status != .done { throw ExitCode(status.rawValue) }
    }

    func exitStatus(in environment: CommandEnvironment) async -> CommandStatus {
        do {
            let configuration = try await NIOThreadPool.singleton.runIfActive { [file] in
                try ConfigurationSource(file: file, overrides: []).load(
                    environment: environment.variables, system: environment.system
                ).configuration
            }
            let verdict = try verdict(by: configuration)
            if json {
                environment.terminal.print(
                    String(
                        decoding: try JSONDocument.encode(verdict, isPretty: true), as: UTF8.self))
            } else {
                for line in verdict.lines { environment.terminal.print(line) }
            }
            return verdict.allowed ? .done : .failed
        } catch let error as RegistryError {
            environment.terminal.note("Error: \(error.message)")
        } catch {
            environment.terminal.note("Error: \(error)")
        }
        return .usage
    }

    private func verdict(by configuration: Configuration) throws -> AccessVerdict {
        let address = try from.map { text in
            guard let address = IPAddress(text) else {
                throw RegistryError(.unsupported, "\(text.excerpt) is no IP address")
            }
            return "\(address)"
        }
        let reference = try ImageReference(ImageShorthand.image(image))
        let key = try Addressing(configuration).key(of: reference)
        let requester = Requester(address: address ?? "-", user: user == "-" ? nil : user)
        return AccessVerdict(
            AccessRules(configuration), AccessQuestion(key, by: requester), reference.reference)
    }
}
