// Credential helpers for tests: shell scripts that note each time they are run.
import Foundation
import TestKit

/// A program in a directory of its own, removed with it.
final class HelperScript: Sendable {
    private let directory: TemporaryDirectory
    let path: String

    /// - Parameter body: shell; `$server` is what it was asked for, `$count` the how manieth time
    ///   it is.
    init(_ body: String) throws {
        directory = try TemporaryDirectory()
        path = directory.file("docker-credential-test")
        let script = """
            #!/bin/sh
            server=$(cat)
            echo "$1 $server" >> "\(directory.file("runs"))"
            count=$(wc -l < "\(directory.file("runs"))" | tr -d ' ')
            \(body)

            """
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    deinit { directory.remove() }

    /// What it was run with, such as `get ghcr.io`.
    var runs: [String] {
        let text = (try? String(contentsOfFile: directory.file("runs"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func file(_ name: String) -> String { directory.file(name) }

    /// A script that gives this credential, `$count` in it replaced.
    static func giving(_ username: String, _ secret: String) throws -> HelperScript {
        try HelperScript(
            """
            echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"\(username)\\",\
            \\"Secret\\":\\"\(secret)\\"}"
            """)
    }
}
