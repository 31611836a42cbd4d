// Each client pulls cold, warm, and with the upstream stopped.

import Testing

extension EndToEnd {
    @Suite struct Pulls {
        @Test(
            "Every client pulls cold, warm and with the registry stopped",
            arguments: PullClient.allCases)
        func pullsThreeTimes(client: PullClient) async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                let config = try image.amd64.config
                try await lab.larder.running { _ in
                    try await lab.registry.running {
                        let cold = try await client.pull(image, through: lab.larder)
                        let warm = try await client.pull(image, through: lab.larder)
                        #expect(cold == config)
                        #expect(warm == config)
                    }
                    let offline = try await client.pull(image, through: lab.larder)
                    #expect(offline == config)
                }
                try lab.expectOneFetch(of: image.amd64.blobs)
                #expect(lab.larder.unfinishedFills.isEmpty)
            }
        }

        @Test("A pull by one client is a hit for every other, whatever its form of the name")
        func clientsShareTheCache() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                try await lab.larder.running { _ in
                    _ = try await lab.registry.running {
                        try await PullClient.containerd.pull(image, through: lab.larder)
                    }
                    for client in PullClient.allCases {
                        let pulled = try await client.pull(image, through: lab.larder)
                        #expect(try pulled == image.amd64.config, "\(client)")
                    }
                }
                try lab.expectOneFetch(of: image.amd64.blobs)
            }
        }

        @Test("An upstream of one's own is pulled from like the built-in ones")
        func pullsFromConfiguredUpstream() async throws {
            try await Lab.with { lab in
                let image = lab.images.tool
                let pulled = try await lab.serving {
                    try await Skopeo(directory: lab.directory).pull(
                        image, upstream: "lab.local", architecture: "amd64", through: lab.larder)
                }
                #expect(try pulled == image.amd64.config)
            }
        }

        @Test(
            "Each platform of an index gets its own image",
            arguments: [PullClient.skopeo, .podman, .containerd, .dockerdDirect])
        func pullsByPlatform(client: PullClient) async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                try await lab.serving {
                    for architecture in ["arm64", "amd64"] {
                        let pulled = try await client.pull(
                            image, architecture: architecture, through: lab.larder)
                        #expect(try pulled == image.manifest(for: architecture).config)
                    }
                }
            }
        }
    }
}

extension Lab {
    /// Expects that the registry, which has to be stopped, was asked once for each blob.
    func expectOneFetch(of blobs: [String]) throws {
        let fetches = try registry.blobFetches()
        for blob in blobs {
            #expect(fetches[blob] == 1, "\(blob)")
        }
    }
}
