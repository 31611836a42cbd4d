// A blob that is much larger than Larder's memory.

import Testing

extension EndToEnd {
    @Suite struct LargeBlobs {
        @Test("A blob of 2 GiB passes within 100 MB of memory")
        func boundedMemory() async throws {
            try await Lab.with { lab in
                let url =
                    "\(lab.larder.url)/v2/docker.io/\(TestImages.largeBlobRepository)/blobs/"
                    + LargeBlob.digest
                try await lab.larder.running { daemon in
                    let cold = try await lab.registry.running { try await Curl.digest(of: url) }
                    #expect(cold == LargeBlob.digest)
                    let warm = try await Curl.digest(of: url)
                    #expect(warm == LargeBlob.digest)
                    #expect(try daemon.peakResidentBytes() < 100_000_000)
                }
                try lab.expectOneFetch(of: [LargeBlob.digest])
            }
        }
    }
}
