// The container clients that the tests pull with.

import Foundation

/// A client, with the form in which it addresses Larder. Each pull starts from an empty store of
/// the client's own, so that everything comes over the wire.
enum PullClient: String, CaseIterable, Sendable {
    case skopeo
    /// `registries.conf` with a location that has the upstream as a path prefix.
    case podman
    /// `hosts.toml`, which sends `ns`.
    case containerd
    /// `registry-mirrors`: bare names.
    case dockerdMirror
    /// `docker pull <larder>/docker.io/…`.
    case dockerdDirect

    /// Pulls `image` from docker.io through `larder`.
    ///
    /// - Parameter credential: `user:password` to sign in with; a mirror is not signed in to.
    /// - Returns: the digest of the configuration that the client ended with.
    func pull(
        _ image: Image, architecture: String = "amd64", as credential: String? = nil,
        through larder: LarderProcess
    ) async throws -> String {
        try await withTemporaryDirectory { directory in
            switch self {
            case .skopeo:
                try await Skopeo(directory: directory, credential: credential)
                    .pull(image, architecture: architecture, through: larder)
            case .podman:
                try await Podman(directory: directory, larder: larder, credential: credential)
                    .pull(image, architecture: architecture)
            case .containerd:
                try await Containerd(directory: directory, larder: larder, credential: credential)
                    .pull(image, architecture: architecture)
            case .dockerdMirror:
                try await Dockerd(directory: directory, larder: larder).pull(
                    "\(image.repository):\(image.tag)", architecture: architecture)
            case .dockerdDirect:
                try await Dockerd(directory: directory, larder: larder, credential: credential)
                    .pull(
                        "\(larder.address)/docker.io/\(image.repository):\(image.tag)",
                        architecture: architecture)
            }
        }
    }
}

extension [String: String] {
    /// An environment without the calling user's own registry settings and credentials.
    static func isolated(in directory: URL) -> Self {
        [
            "HOME": directory.path, "XDG_RUNTIME_DIR": directory.path,
            "XDG_CONFIG_HOME": directory.path, "TMPDIR": directory.path,
        ]
    }
}
