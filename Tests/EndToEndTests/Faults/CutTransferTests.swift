// A large pull through an upstream that cuts every connection.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct CutTransfers {
        private static let layerSize = 500_000_000
        private static let cut = 50_000_000

        @Test("R17: 500 MB over an upstream that cuts every 50 MB: one attempt, no byte twice")
        func resumes() async throws {
            try await withTemporaryDirectory { directory in
                let storage = RegistryStorage(root: try directory.newDirectory("storage"))
                let builder = ImageBuilder(
                    storage: storage, workDirectory: try directory.newDirectory("work"))
                let image = try await builder.addFamily(
                    "library/huge", count: 1, base: Self.layerSize, top: 1_000)[0]
                let registry = DockerRegistry(storage: storage, directory: directory)
                try await registry.running {
                    try await Relay.running(to: registry.port, .cutting(every: Self.cut)) { relay in
                        let larder = LarderProcess(
                            directory: directory,
                            upstreams: ["docker.io": "http://127.0.0.1:\(relay.port)"])
                        let pulled = try await larder.running { _ in
                            try await PullClient.skopeo.pull(image, through: larder)
                        }
                        #expect(try pulled == image.amd64.config)
                        #expect(relay.cuts >= Self.layerSize / Self.cut - 1)
                        let heads = 1_000_000
                        #expect(relay.passedBytes < Self.layerSize + heads)
                    }
                }
            }
        }
    }
}
