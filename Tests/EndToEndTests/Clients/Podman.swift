// podman with a store and a registries.conf of its own.

import Foundation

/// podman that reaches docker.io through Larder.
struct Podman: Sendable {
    let directory: URL
    let larder: LarderProcess
    /// `user:password`, to log in with before.
    var credential: String?

    /// Pulls `image` from docker.io.
    /// - Returns: the image's id, which is the configuration's digest.
    func pull(_ image: Image, architecture: String) async throws -> String {
        let configuration = try directory.write(registries, to: "registries.conf")
        var environment = [String: String].isolated(in: directory)
        environment["CONTAINERS_REGISTRIES_CONF"] = configuration.path
        let podman = Tool(name: "podman", environment: environment)
        if let credential {
            let parts = credential.split(separator: ":").map(String.init)
            try await podman.run([
                "login", "--tls-verify=false", "--username", parts[0], "--password", parts[1],
                larder.address,
            ])
        }
        let identifier = try await podman.run(
            store + [
                "pull", "--quiet", "--platform", "linux/\(architecture)",
                "docker.io/\(image.repository):\(image.tag)",
            ])
        return "sha256:" + identifier.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The store below `directory`; neither overlayfs nor systemd is needed.
    private var store: [String] {
        [
            "--root", directory.appending(path: "root").path,
            "--runroot", directory.appending(path: "run").path,
            "--storage-driver", "vfs", "--events-backend", "file",
            "--cgroup-manager", "cgroupfs",
        ]
    }

    private var registries: String {
        """
        [[registry]]
        prefix = "docker.io"
        location = "\(larder.address)/docker.io"
        insecure = true
        """
    }
}
