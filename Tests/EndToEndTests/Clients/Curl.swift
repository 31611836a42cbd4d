// curl, for requests that are written out by hand.

import Foundation

/// One answer of an HTTP server.
struct HTTPAnswer: Sendable {
    let status: Int
    /// The header fields by lower-case name; the last of several with one name.
    let headers: [String: String]
    let body: Data

    subscript(header name: String) -> String? { headers[name.lowercased()] }

    /// The code of the first error of an OCI error body.
    var errorCode: String? {
        struct Document: Decodable {
            struct Failure: Decodable { let code: String }
            let errors: [Failure]
        }
        return (try? JSONDecoder().decode(Document.self, from: body))?.errors.first?.code
    }
}

/// Requests over HTTP/1.1 by curl.
enum Curl {
    /// The status of a GET; 0 where nothing answers.
    static func status(of url: String) async throws -> Int {
        let outcome = try await Tool(name: "curl").attempt(
            base + ["--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}", url])
        return Int(outcome.output) ?? 0
    }

    /// Sends a GET with the header lines given, in their order.
    static func get(_ url: String, _ headers: [String] = []) async throws -> HTTPAnswer {
        try await send([], url, headers)
    }

    /// Sends a HEAD with the header lines given, in their order.
    static func head(_ url: String, _ headers: [String] = []) async throws -> HTTPAnswer {
        try await send(["--head"], url, headers)
    }

    /// The digest of a body of any length, which is not kept.
    static func digest(of url: String) async throws -> String {
        let script = #"set -e; curl "$@" | openssl dgst -sha256 -r"#
        let output = try await Tool(name: "bash").run(
            ["-o", "pipefail", "-c", script, "curl"] + base + ["--fail", url])
        return "sha256:" + output.prefix(64)
    }

    /// Asks for a range without an end and hangs up once `count` bytes of it are in `file`.
    static func read(_ count: Int, from offset: Int, of url: String, to file: URL) async throws {
        let script = #"out=$1 count=$2; shift 2; curl "$@" | head -c "$count" >"$out""#
        try await Tool(name: "sh").run(
            ["-c", script, "curl", file.path, String(count)] + base
                + ["--fail", "--header", "Range: bytes=\(offset)-", url])
    }

    private static let base = ["--silent", "--show-error", "--http1.1", "--noproxy", "*"]

    private static func send(
        _ options: [String], _ url: String, _ headers: [String]
    ) async throws -> HTTPAnswer {
        try await withTemporaryDirectory { directory in
            let head = directory.appending(path: "head")
            let body = directory.appending(path: "body")
            try await Tool(name: "curl").run(
                base + options + headers.flatMap { ["--header", $0] }
                    + ["--dump-header", head.path, "--output", body.path, url])
            return try parse(
                head: String(contentsOf: head, encoding: .isoLatin1),
                body: options.isEmpty ? (try? Data(contentsOf: body)) ?? Data() : Data())
        }
    }

    private static func parse(head: String, body: Data) throws -> HTTPAnswer {
        let lines = head.split(whereSeparator: \.isNewline)
        let statusFields = lines.first?.split(separator: " ") ?? []
        guard statusFields.count > 1, let status = Int(statusFields[1]) else {
            throw ToolFailure(command: ["curl"], reason: "no status line: \(head)")
        }
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (line[..<colon].lowercased(), value)
        }
        return HTTPAnswer(
            status: status, headers: Dictionary(pairs) { $1 }, body: body)
    }
}
