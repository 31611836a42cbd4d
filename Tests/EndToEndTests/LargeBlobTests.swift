// A blob that is much larger than Larder's memory.

import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite struct LargeBlobs {
        @Test("R16: clients that read nothing cost no memory and hold nobody up")
        func stillClients() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob(of: lab.images.large)
                let path = url.dropFirst(lab.larder.url.count)
                try await lab.serving { daemon in
                    let still = try (0..<50).map { _ in
                        try StillClient(port: Int(lab.larder.port), get: String(path))
                    }
                    for client in still { try await client.waitForFirstByte() }
                    #expect(try await Curl.digest(of: url) == blob)
                    try await eventually("the download is kept") { lab.larder.has(blob) }
                    #expect(try daemon.peakResidentBytes() < 100_000_000)
                    withExtendedLifetime(still) {}
                }
                try lab.expectOneFetch(of: [blob])
            }
        }

        @Test(
            "a file cut short in mid-send ends its connection, and the event loop rests again",
            .timeLimit(.minutes(1)))
        func cutShort() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob(of: lab.images.large)
                let path = url.dropFirst(lab.larder.url.count)
                try await lab.serving { daemon in
                    #expect(try await Curl.digest(of: url) == blob)
                    try await eventually("the download is kept") { lab.larder.has(blob) }
                    let client = try StillClient(port: Int(lab.larder.port), get: String(path))
                    try await client.waitForFirstByte()
                    #expect(truncate(lab.larder.blobFile(blob).path, 1000) == 0)
                    _ = try? await client.readBody()
                    try await Task.sleep(for: .seconds(1))
                    let before = try daemon.processorSeconds()
                    try await Task.sleep(for: .seconds(2))
                    let spent = try daemon.processorSeconds() - before
                    #expect(spent < 1, "\(spent) s: a loop that spins takes all of a processor")
                }
            }
        }

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
