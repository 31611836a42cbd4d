// The requests of clients built on go-containerregistry, oras-go and containers/image.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct LibrarySequences {
        @Test("crane and kaniko: ping, HEAD with all three fields, bodies of the announced length")
        func crane() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                try await lab.serving {
                    let ping = try await Curl.get("\(lab.larder.url)/v2/")
                    #expect(ping.status == 200)
                    let head = try await Curl.head(lab.url("base/manifests/1"))
                    #expect(head.status == 200)
                    #expect(head[header: "Content-Type"] == OCIMediaType.index)
                    #expect(head[header: "Content-Length"] == String(image.indexSize))
                    #expect(head[header: "Docker-Content-Digest"] == image.index)
                    for blob in try image.amd64.blobs {
                        let answer = try await Curl.get(lab.url("base/blobs/\(blob)"))
                        #expect(answer[header: "Content-Length"] == String(answer.body.count))
                        #expect(try await sha256(of: answer.body) == blob)
                    }
                }
            }
        }

        @Test("ORAS: HEAD and GET agree on the type, and a blob is resumed by Range")
        func oras() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                let blob = try #require(try image.amd64.layers.first)
                try await lab.serving {
                    let head = try await Curl.head(lab.url("library/base/manifests/1"))
                    let type = try #require(head[header: "Content-Type"])
                    let get = try await Curl.get(
                        lab.url("library/base/manifests/\(image.index)"), ["Accept: \(type)"])
                    #expect(get[header: "Content-Type"] == type)

                    let url = lab.url("library/base/blobs/\(blob)")
                    let whole = try await Curl.get(url)
                    #expect(whole[header: "Accept-Ranges"] == "bytes")
                    let size = whole.body.count
                    let rest = try await Curl.get(url, ["Range: bytes=\(size / 2)-"])
                    #expect(rest.status == 206)
                    let range = rest[header: "Content-Range"]
                    #expect(range == "bytes \(size / 2)-\(size - 1)/\(size)")
                    #expect(rest.body == whole.body.dropFirst(size / 2))
                }
            }
        }

        @Test("zstd:chunked: a range of two parts is answered with two, or as if it were none")
        func multipleRanges() async throws {
            try await Lab.with { lab in
                let blob = try #require(try lab.images.base.amd64.layers.first)
                let url = lab.url("library/base/blobs/\(blob)")
                try await lab.serving {
                    let whole = try await Curl.get(url)
                    let answer = try await Curl.get(url, ["Range: bytes=0-99,1000-1099"])
                    switch answer.status {
                    case 206:
                        let type = try #require(answer[header: "Content-Type"])
                        let parts = try #require(
                            MultipartRanges(contentType: type, body: answer.body))
                        #expect(parts.bodies == [whole.body[..<100], whole.body[1000..<1100]])
                    case 200:
                        #expect(answer.body == whole.body)
                    default:
                        #expect(answer.status == 400)
                    }
                }
            }
        }

        @Test("containers/image: a blob that nobody has is BLOB_UNKNOWN in JSON")
        func unknownBlob() async throws {
            try await Lab.with { lab in
                let digest = "sha256:" + String(repeating: "0", count: 64)
                let answer = try await lab.serving {
                    try await Curl.get(lab.url("library/base/blobs/\(digest)"))
                }
                #expect(answer.status == 404)
                #expect(answer.errorCode == "BLOB_UNKNOWN")
                #expect(answer[header: "Content-Type"] == "application/json")
            }
        }
    }
}
