// A dockerd of its own, driven by the docker command.

import Foundation

/// dockerd that has Larder as its registry mirror and as an insecure registry. It has to be run
/// as root; it starts a containerd of its own, and touches neither iptables nor bridges.
struct Dockerd: Sendable {
    let directory: URL
    let larder: LarderProcess
    /// `user:password`, to log in with before.
    var credential: String?

    /// Pulls the image `name`.
    /// - Returns: the image's id, which is the configuration's digest.
    func pull(_ name: String, architecture: String) async throws -> String {
        var environment = [String: String].isolated(in: directory)
        environment["DOCKER_CONFIG"] = directory.path
        environment["DOCKER_HOST"] = "unix://" + socket
        let docker = Tool(name: "docker", environment: environment)
        return try await withDaemon(
            try command(), environment: .isolated(in: directory),
            log: directory.appending(path: "dockerd.log"),
            isReady: { _ in
                try await docker.attempt(["version", "--format", "{{.Server.Version}}"]).succeeded
            },
            body: { _ in
                if let credential {
                    let parts = credential.split(separator: ":").map(String.init)
                    try await docker.run([
                        "login", "--username", parts[0], "--password", parts[1], larder.address,
                    ])
                }
                try await docker.run(
                    ["pull", "--quiet", "--platform", "linux/\(architecture)", name])
                let identifier = try await docker.run(
                    ["image", "inspect", "--format", "{{.Id}}", name])
                return identifier.trimmingCharacters(in: .whitespacesAndNewlines)
            }
        ).value
    }

    private var socket: String { directory.appending(path: "d.sock").path }

    private func command() throws -> [String] {
        let settings = """
            {"registry-mirrors": ["\(larder.url)"], "insecure-registries": ["\(larder.address)"]}
            """
        let configuration = try directory.write(settings, to: "daemon.json")
        return [
            try Tool.locate("dockerd"), "--config-file", configuration.path,
            "--host", "unix://" + socket, "--storage-driver", "vfs",
            "--iptables=false", "--ip6tables=false", "--bridge=none",
            "--data-root", directory.appending(path: "data").path,
            "--exec-root", directory.appending(path: "exec").path,
            "--pidfile", directory.appending(path: "pid").path,
        ]
    }
}
