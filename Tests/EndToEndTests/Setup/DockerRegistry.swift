// Debian's docker-registry as the upstream.

import Foundation

/// Where a docker-registry listens, keeps its images and logs; it can be started and stopped any
/// number of times.
struct DockerRegistry: Sendable {
    let port = FreePort.next()
    let storage: RegistryStorage
    /// For its configuration and log.
    let directory: URL
    /// How clients sign in, as `auth` of its configuration; empty for not at all.
    var authentication = ""

    var log: URL { directory.appending(path: "registry.log") }

    /// Runs the registry while `body` runs.
    ///
    /// The access log is complete when this returns, since the registry has then drained and
    /// ended.
    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await running { _ in try await body() }
    }

    /// The same, with the registry's process.
    func running<Value: Sendable>(_ body: (Daemon) async throws -> Value) async throws -> Value {
        let configuration = try directory.write(yaml, to: "registry.yml")
        let command = [
            try Tool.locate("docker-registry"), "serve", configuration.path,
        ]
        return try await withDaemon(
            command, log: log,
            isReady: { _ in try await Curl.status(of: "http://127.0.0.1:\(port)/v2/") != 0 },
            body: body
        ).value
    }

    /// The requests answered so far, in the order in which they ended.
    func requests() throws -> [RegistryRequest] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
            .compactMap { RegistryRequest(accessLogLine: $0) }
    }

    /// How often each blob was fetched.
    func blobFetches() throws -> [String: Int] {
        let blobs = try requests().compactMap { request in
            request.method == "GET" ? request.blob : nil
        }
        return Dictionary(blobs.map { ($0, 1) }, uniquingKeysWith: +)
    }

    private var yaml: String {
        """
        version: 0.1
        log:
          level: error
          accesslog: {disabled: false}
        storage:
          filesystem: {rootdirectory: "\(storage.root.path)"}
        http:
          addr: 127.0.0.1:\(port)
          draintimeout: 5s
        \(authentication)
        """
    }
}

/// A line of docker-registry's access log (Apache's combined format).
struct RegistryRequest: Equatable {
    let method: String
    let path: String
    let status: Int

    /// The digest where this is a request for a blob.
    var blob: String? {
        guard let start = path.range(of: "/blobs/") else { return nil }
        return String(path[start.upperBound...])
    }

    /// Parses `… "GET /v2/… HTTP/1.1" 200 …`; nil for other lines of the log.
    init?(accessLogLine line: Substring) {
        let parts = line.split(separator: "\"")
        guard parts.count >= 3 else { return nil }
        let request = parts[1].split(separator: " ")
        guard request.count == 3, request[2].hasPrefix("HTTP/"),
            let status = parts[2].split(separator: " ").first.flatMap({ Int($0) })
        else { return nil }
        method = String(request[0])
        path = String(request[1])
        self.status = status
    }
}
