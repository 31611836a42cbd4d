// The program under test, as a process.

import Foundation

/// Where a Larder listens and keeps its data; it can be started, killed and started again on the
/// same directory.
struct LarderProcess: Sendable {
    var port = FreePort.next()
    /// For its configuration, data and log.
    let directory: URL
    /// The URLs of the upstreams by name.
    var upstreams: [String: String]
    /// `tags.fresh_for`; by default every pull by tag asks the upstream again.
    var tagsFreshFor = "0s"
    /// Further top-level lines of its configuration.
    var settings = ""
    /// Further keys of each upstream, as in `min_rate: 0, prefer_ip: ipv4`.
    var upstreamSettings = ""
    /// How many files it may have open; nil for as many as the tests.
    var descriptorLimit: Int?
    /// Where it speaks plain HTTP, when `settings` has it speak TLS at `port`.
    var plainPort: UInt16?
    /// `admin.token`; nil for the one that it makes itself.
    var adminToken: String?
    /// `admin.listen`, where the operations have a socket of their own.
    var adminSocket: URL?
    /// Whether it has a configuration file, beside `environment`.
    var isConfiguredByFile = true
    /// Its settings besides those of the file, and what else it needs of variables.
    var environment: [String: String] = [:]
    /// What it must not tell anybody, as it was given: passwords, and `user:password` pairs, which
    /// are looked for as they are sent too. Files in `directory` need not be named
    /// (``PlantedSecrets``).
    var secrets: [String] = []

    var dataDirectory: URL { directory.appending(path: "data") }
    var log: URL { directory.appending(path: "larder.log") }
    /// `host:port`, as clients name a registry.
    var address: String { "127.0.0.1:\(port)" }
    var url: String { "http://\(address)" }
    /// What is left of downloads that did not end.
    var unfinishedFills: [String] { fills.names() }

    /// Where the content of `digest` is kept.
    func blobFile(_ digest: String) -> URL {
        let hex = digest.dropFirst("sha256:".count)
        return dataDirectory.appending(path: "blobs/sha256/\(hex.prefix(2))/\(hex)")
    }

    func has(_ digest: String) -> Bool {
        FileManager.default.fileExists(atPath: blobFile(digest).path)
    }

    /// What was logged so far, a JSON object a line.
    func logLines(_ message: String) throws -> [String] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { $0.contains("\"message\":\"\(message)\"") }
    }

    /// The same Larder, on the same port and directory, with other upstreams.
    func withUpstreams(_ upstreams: [String: String]) -> Self {
        var copy = self
        copy.upstreams = upstreams
        return copy
    }

    /// Runs Larder while `body` runs, and expects it to end cleanly on SIGTERM.
    func running<Value: Sendable>(_ body: (Daemon) async throws -> Value) async throws -> Value {
        let outcome = try await start(body)
        guard outcome.endedCleanly else {
            throw ToolFailure(command: ["larder"], reason: "did not end cleanly on SIGTERM")
        }
        return outcome.value
    }

    /// Runs Larder while `body` runs, which kills it.
    func runningUntilKilled<Value: Sendable>(
        _ body: (Daemon) async throws -> Value
    ) async throws -> Value {
        try await start(body).value
    }

    /// - Throws: what `body` throws. A secret in what Larder told meanwhile is an issue of the
    ///   test.
    private func start<Value: Sendable>(
        _ body: (Daemon) async throws -> Value
    ) async throws -> DaemonOutcome<Value> {
        try await withTemporaryDirectory { directory in
            let disclosures = try Disclosures(larder: self, directory: directory)
            let outcome = try await launch { daemon in
                let value = try await body(daemon)
                if daemon.isRunning { try await disclosures.collect() }
                return value
            }
            try await disclosures.expectNoSecret()
            return outcome
        }
    }

    private func launch<Value: Sendable>(
        _ body: (Daemon) async throws -> Value
    ) async throws -> DaemonOutcome<Value> {
        if isConfiguredByFile { try writeConfiguration() }
        let limit = descriptorLimit.map {
            ["sh", "-c", #"ulimit -n "$0" && exec "$@""#, String($0)]
        }
        let command =
            (limit ?? []) + [try Self.executable(), "serve"] + configurationOption
        return try await withDaemon(
            command, environment: processEnvironment, log: log,
            isReady: { _ in try await Curl.status(of: "\(plainURL)/readyz") == 200 },
            body: { daemon in
                do {
                    return try await body(daemon)
                } catch let failure as ToolFailure {
                    throw DaemonFailure(failure.description, log: log)
                }
            })
    }

    /// Where it speaks plain HTTP, whether or not it speaks TLS besides.
    var plainURL: String { "http://127.0.0.1:\(plainPort ?? port)" }

    var configuration: URL { directory.appending(path: "larder.yaml") }

    /// For `larder serve` and the commands.
    var configurationOption: [String] {
        isConfiguredByFile ? ["--config", configuration.path] : []
    }

    /// Writes the configuration anew, to be read at the next start or reload.
    func writeConfiguration() throws {
        try Data(yaml.utf8).write(to: configuration)
    }

    private var yaml: String {
        let further = upstreamSettings.isEmpty ? "" : ", \(upstreamSettings)"
        let upstreams = upstreams.map { name, url in
            "  \(name): {url: \"\(url)\", allow_http: true, allow_private_addresses: true\(further)}"
        }
        let plain = plainPort.map { "listen_plain: 127.0.0.1:\($0)" } ?? ""
        let admin = [
            adminToken.map { "token: \($0)" }, adminSocket.map { "listen: \"unix:\($0.path)\"" },
        ]
        return """
            listen: \(address)
            \(plain)
            domain: example.com
            data_dir: \(dataDirectory.path)
            log: {level: info, format: json}
            tags: {fresh_for: \(tagsFreshFor)}
            admin: {\(admin.compactMap(\.self).joined(separator: ", "))}
            \(settings)
            upstreams:
            \(upstreams.sorted().joined(separator: "\n"))

            """
    }

    /// Larder takes settings from `LARDER_…` variables, and refuses those it does not know: the
    /// tests' own are taken away.
    var processEnvironment: [String: String?] {
        let names = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("LARDER_") }
        let none: [String: String?] = Dictionary(uniqueKeysWithValues: names.map { ($0, nil) })
        return none.merging(environment.mapValues(Optional.some)) { $1 }
    }

    /// The binary that `LARDER_BINARY` names, else the one built beside the tests.
    static func executable() throws -> String {
        let chosen = ProcessInfo.processInfo.environment["LARDER_BINARY"]
        let built = Bundle.main.bundleURL.appending(path: "larder").path
        let path = chosen ?? built
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ToolFailure(command: [path], reason: "no such binary; see LARDER_BINARY")
        }
        return path
    }
}
