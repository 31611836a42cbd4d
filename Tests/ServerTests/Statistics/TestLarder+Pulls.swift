/// Whole pulls, as clients make them.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

extension TestLarder {
    /// Pulls from `lab.local/app`: the tag, the image by digest where the tag is an index, then
    /// config and layers; waits until all of it is in the index.
    func pull(_ image: SyntheticImage, tag: String, index: Digest? = nil) async throws {
        #expect(try await request(.GET, "/v2/lab.local/app/manifests/\(tag)").status == 200)
        if let index {
            let path = "/v2/lab.local/app/manifests/\(image.digest)"
            #expect(try await request(.GET, path).status == 200)
            try await waitUntilStored(index, in: "app")
        }
        for blob in image.blobs {
            let digest = Digest.sha256(of: blob)
            #expect(try await request(.GET, "/v2/lab.local/app/blobs/\(digest)").body == blob)
            try await waitUntilStored(digest, in: "app")
        }
        try await waitUntilStored(image.digest, in: "app")
        try await waitUntilStored(tag, in: "app")
    }
}
