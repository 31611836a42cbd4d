// A containerd of its own, driven by ctr.

import Foundation

/// containerd that reaches docker.io through Larder by a `hosts.toml`. It has to be run as root.
struct Containerd: Sendable {
    let directory: URL
    let larder: LarderProcess
    /// `user:password`.
    var credential: String?

    /// Pulls and unpacks `image` from docker.io by its full name.
    /// - Returns: the configuration's digest.
    func pull(_ image: Image, architecture: String) async throws -> String {
        try await running { ctr in
            let hosts = try writeHosts()
            _ = try await ctr(
                [
                    "images", "pull", "--snapshotter", "native", "--hosts-dir", hosts.path,
                    "--platform", "linux/\(architecture)",
                ] + (credential.map { ["--user", $0] } ?? []) + [
                    "docker.io/\(image.repository):\(image.tag)"
                ])
            let manifest = try image.manifest(for: architecture).digest
            return try PulledManifest(Data(try await ctr(["content", "get", manifest]).utf8)).config
        }
    }

    /// Runs a daemon while `body` runs, which gets `ctr` as a function.
    private func running<Value: Sendable>(
        _ body: (_ ctr: ([String]) async throws -> String) async throws -> Value
    ) async throws -> Value {
        let configuration = try directory.write(toml, to: "containerd.toml")
        let tool = Tool(name: "ctr")
        let ctr = { (arguments: [String]) in
            try await tool.run(["--address", socket.path] + arguments)
        }
        return try await withDaemon(
            [try Tool.locate("containerd"), "--config", configuration.path],
            environment: .isolated(in: directory),
            log: directory.appending(path: "containerd.log"),
            isReady: { _ in
                try await tool.attempt(["--address", socket.path, "version"]).succeeded
            },
            body: { _ in try await body(ctr) }
        ).value
    }

    private var socket: URL { directory.appending(path: "c.sock") }

    private func writeHosts() throws -> URL {
        let hosts = try directory.newDirectory("hosts")
        try hosts.newDirectory("docker.io").write(
            """
            server = "\(larder.url)"
            [host."\(larder.url)"]
            capabilities = ["pull", "resolve"]
            """, to: "hosts.toml")
        return hosts
    }

    /// Only what pulling and unpacking need, all below `directory`.
    private var toml: String {
        """
        version = 2
        root = "\(directory.appending(path: "root").path)"
        state = "\(directory.appending(path: "state").path)"
        disabled_plugins = [
            "io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt",
            "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
            "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
        ]
        [grpc]
        address = "\(socket.path)"
        """
    }
}
