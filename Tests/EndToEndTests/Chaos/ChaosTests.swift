// Clients pull in a loop while their registry goes through everything that registries go through.

import Foundation
import Synchronization
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Chaos {
        /// Pulled before anything goes wrong, and never to fail from then on.
        private static let cached = 20
        /// Pulled while the registry fails; these may fail, but never end wrong.
        private static let cold = 40
        private static let clients: [PullClient] = [
            .skopeo, .skopeo, .skopeo, .skopeo, .podman, .podman, .containerd, .dockerdMirror,
        ]

        @Test("R50–R54: a registry that stops, stalls and cuts costs no client a cached image")
        func chaos() async throws {
            try await withTemporaryDirectory { directory in
                let storage = RegistryStorage(root: try directory.newDirectory("storage"))
                let builder = ImageBuilder(
                    storage: storage, workDirectory: try directory.newDirectory("work"))
                let cached = try await builder.addFamily(
                    "library/cached", count: Self.cached, base: 2_000_000, top: 500_000)
                let cold = try await builder.addFamily(
                    "library/cold", count: Self.cold, base: 1_000_000, top: 3_000_000)
                let probes = try await builder.addFamily(
                    "library/probe", count: 1, base: 100_000, top: 100_000)
                let registry = DockerRegistry(storage: storage, directory: directory)
                try await Relay.running(to: registry.port, .none) { relay in
                    var larder = LarderProcess(
                        directory: directory,
                        upstreams: ["docker.io": "http://127.0.0.1:\(relay.port)"])
                    larder.upstreamSettings =
                        "timeouts: {connect: 1s, response_header: 2s, idle: 2s}"
                    try await larder.running { [larder] _ in
                        try await registry.running {
                            for image in cached { try await pullRight(image, .skopeo, larder) }
                        }
                        let run = ChaosRun(
                            larder: larder, cached: cached, cold: cold, probe: probes[0])
                        try await run.run(
                            Self.clients,
                            Turmoil(
                                registry: registry, relay: relay,
                                probe: { _ in try await run.expectRecovery() }))
                        run.report()
                    }
                    try expectStory(in: larder)
                }
            }
        }

        /// The log tells of each time that the upstream went and came back.
        private func expectStory(in larder: LarderProcess) throws {
            #expect(try !larder.logLines("endpoint is not asked for a while").isEmpty)
            #expect(try !larder.logLines("endpoint answers again").isEmpty)
        }
    }
}

/// Pulls `image` and compares what the client ends with, and a layer byte for byte.
@discardableResult
func pullRight(_ image: Image, _ client: PullClient, _ larder: LarderProcess) async throws -> Bool {
    let pulled = try await client.pull(image, through: larder)
    #expect(try pulled == image.amd64.config, "\(client) pulled \(image.repository):\(image.tag)")
    let layer = try #require(try image.amd64.layers.last)
    let digest = try await Curl.digest(
        of: "\(larder.url)/v2/docker.io/\(image.repository)/blobs/\(layer)")
    #expect(digest == layer)
    return true
}
