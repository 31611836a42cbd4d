// A registry with images and a Larder before it, for one test.

import Foundation
import TestKit

/// A cold Larder whose upstreams `docker.io` and `lab.local` are one docker-registry. Neither is
/// running until a test says so.
struct Lab: Sendable {
    let images: TestImages
    var registry: DockerRegistry
    var larder: LarderProcess
    /// For the clients' own data.
    let directory: URL

    /// Runs `body` with the registry and Larder running, both cold.
    func serving<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await serving { _ in try await body() }
    }

    /// The same, with Larder's process.
    func serving<Value: Sendable>(_ body: (Daemon) async throws -> Value) async throws -> Value {
        try await larder.running { daemon in
            try await registry.running { try await body(daemon) }
        }
    }

    /// Has the registry ask for tokens that `issuer` signs (`TokenAuthority.Rules.isSigned`).
    mutating func requireTokens(of issuer: ScriptedRegistry) throws {
        let bundle = try directory.write(TestCertificates.authority, to: "tokens.pem")
        registry.authentication = """
            auth:
              token: {realm: "\(issuer.url)/token", service: scripted, \
            issuer: \(SignedToken.issuer), rootcertbundle: "\(bundle.path)"}
            """
    }

    /// Runs `body` with a relay to the registry that falls silent after `limit` bytes, and this
    /// lab's Larder, on the same port and directory, with the relay as its upstream.
    func holdingUpstream<Value>(
        after limit: Int, _ body: (Relay, LarderProcess) async throws -> Value
    ) async throws -> Value {
        try await Relay.running(to: registry.port, .holding(after: limit)) { relay in
            let url = "http://127.0.0.1:\(relay.port)"
            return try await body(relay, larder.withUpstreams(["docker.io": url]))
        }
    }

    /// Runs `body` with a lab in a directory of its own.
    static func with<Value>(_ body: (Lab) async throws -> Value) async throws -> Value {
        let images = try await TestImages.shared()
        return try await withTemporaryDirectory { directory in
            let registry = DockerRegistry(storage: images.storage, directory: directory)
            let url = "http://127.0.0.1:\(registry.port)"
            let larder = LarderProcess(
                directory: directory, upstreams: ["docker.io": url, "lab.local": url])
            return try await body(
                Lab(images: images, registry: registry, larder: larder, directory: directory))
        }
    }
}
