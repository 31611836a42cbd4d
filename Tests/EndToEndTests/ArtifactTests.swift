// What is attached to images: signatures and referrers.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Artifacts {
        @Test("A cosign-style signature tag is pulled, also with the registry stopped")
        func cosignTag() async throws {
            try await Lab.with { lab in
                let url = lab.url("library/base/manifests/\(lab.images.base.cosignTag)")
                try await lab.larder.running { _ in
                    let online = try await lab.registry.running { try await Curl.get(url) }
                    let offline = try await Curl.get(url)
                    for answer in [online, offline] {
                        #expect(answer.status == 200)
                        #expect(answer[header: "Docker-Content-Digest"] == lab.images.signature)
                    }
                    #expect(online.body == offline.body)
                }
            }
        }

        @Test("A referrer is found by the tag schema where the upstream has no referrers API")
        func referrer() async throws {
            try await Lab.with { lab in
                let subject = lab.images.base.index
                try await lab.serving {
                    let listing = try await Curl.get(lab.url("library/base/referrers/\(subject)"))
                    #expect(listing.status == 404)
                    #expect(listing.errorCode != "NAME_UNKNOWN")

                    let fallback = subject.replacing(":", with: "-")
                    let tag = try await Curl.get(lab.url("library/base/manifests/\(fallback)"))
                    #expect(tag.status == 200)
                    #expect(tag.text.contains(lab.images.referrer))

                    let manifest = try await Curl.get(
                        lab.url("library/base/manifests/\(lab.images.referrer)"))
                    #expect(manifest.status == 200)
                    #expect(manifest.text.contains(TestImages.referrerType))
                    #expect(manifest.text.contains(subject))
                }
            }
        }
    }
}

extension Lab {
    /// Larder's URL of `path` below docker.io, such as `library/base/manifests/1`.
    func url(_ path: String) -> String { "\(larder.url)/v2/docker.io/\(path)" }
}

extension HTTPAnswer {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
