// All that a Larder tells, searched for what it must not.

import Foundation
import Testing

/// The pages, refusals, printed configuration and log of one run.
struct Disclosures: Sendable {
    /// What somebody offers who has neither token nor password.
    static let guess = "guest:guessed-9x4T"

    private static let pages = [
        "/metrics", "/stats", "/stats/upstreams", "/stats/repositories", "/stats/images",
        "/stats/clients", "/stats/timeline", "/stats/evictions", "/stats/cold", "/stats/cache",
        "/openapi.json", "/", "/admin/v1/pins", "/admin/v1/offline", "/admin/v1/verify",
        "/stats/images?sort=nothing", "/v2/unlisted.invalid/app/manifests/1",
    ]
    private static let refused = [
        "/admin/v1/pins", "/stats/images", "/v2/", "/v2/unlisted.invalid/app/tags/list",
    ]

    let larder: LarderProcess
    /// Where they are collected.
    private let told: URL
    private let patterns: URL

    init(larder: LarderProcess, directory: URL) throws {
        self.larder = larder
        told = try directory.newDirectory("told")
        patterns = directory.appending(path: "patterns")
    }

    /// Asks for every page as the operator, for some as somebody who guesses, and has the
    /// configuration printed.
    func collect() async throws {
        let kept = larder.dataDirectory.appending(path: "admin.token")
        let token = try larder.adminToken ?? String(contentsOf: kept, encoding: .utf8)
        let operators = "Bearer \(token.trimmingCharacters(in: .whitespacesAndNewlines))"
        let statuses = try await get(Self.pages, as: operators)
        let (metrics, images) = (statuses[0], statuses[4])
        #expect([metrics, images] == ["200", "200"], "Larder tells nothing: \(statuses)")
        for guess in [
            "Bearer \(Self.guess)", "Basic \(Data(Self.guess.utf8).base64EncodedString())",
        ] {
            _ = try await get(Self.refused, as: guess)
        }
        if larder.adminSocket != nil {
            let pins = try await get(["/admin/v1/pins"], as: operators, atSocket: true)
            let refusal = try await get(
                ["/admin/v1/pins"], as: "Bearer \(Self.guess)", atSocket: true)
            #expect(pins + refusal == ["200", "403"])
        }
        let file = larder.isConfiguredByFile ? [larder.configuration.path] : []
        let printed = try await larder.run(["check-config"] + file)
        try told.write(printed.output + printed.diagnostics, to: "check-config")
    }

    /// Expects that neither what was collected nor the log has a secret.
    func expectNoSecret() async throws {
        let lines = try PlantedSecrets(of: larder).patterns.joined(separator: "\n") + "\n"
        try Data(lines.utf8).write(to: patterns)
        let found = try await Tool(name: "grep", environment: ["LC_ALL": "C"]).attempt([
            "--extended-regexp", "--only-matching", "--with-filename", "--recursive", "--text",
            "--max-count", "3", "--file", patterns.path, told.path, larder.log.path,
        ])
        #expect(found.diagnostics == "")
        #expect(!found.succeeded, "Larder told a secret:\n\(found.output)")
    }

    /// Keeps each answer in a file of its own.
    ///
    /// - Returns: the statuses.
    private func get(
        _ paths: [String], as authorization: String, atSocket: Bool = false
    ) async throws -> [String] {
        let socket = atSocket ? larder.adminSocket.map { ["--unix-socket", $0.path] } : nil
        let count = told.names().count
        let transfers = paths.enumerated().flatMap { index, path in
            ["--output", told.appending(path: "\(count + index)").path, larder.plainURL + path]
        }
        return try await Tool(name: "curl").attempt(
            [
                "--silent", "--noproxy", "*", "--max-time", "20", "--include", "--write-out",
                "%{http_code} ", "--header", "Authorization: \(authorization)",
            ] + (socket ?? []) + transfers
        ).output.split(separator: " ").map(String.init)
    }
}
