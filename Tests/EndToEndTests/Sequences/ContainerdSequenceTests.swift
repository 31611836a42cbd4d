// The requests of containerd 2.1 and later, and of dockerd on the containerd store.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct ContainerdSequences {
        private static let accept = """
            Accept: application/vnd.docker.distribution.manifest.v2+json, \
            application/vnd.docker.distribution.manifest.list.v2+json, \
            \(OCIMediaType.manifest), \(OCIMediaType.index), */*
            """

        @Test("containerd's parallel mode: open-ended ranges of a cold blob, each cut early")
        func parallelRanges() async throws {
            try await Lab.with { lab in
                let blob = try lab.images.large.amd64.layers[0]
                let url = "\(lab.larder.url)/v2/library/large/blobs/\(blob)?ns=docker.io"
                let digest = try await lab.serving {
                    let answer = try await Curl.head(url)
                    let size = try #require(answer[header: "Content-Length"].flatMap { Int($0) })
                    return try await digestOfParts(of: url, size: size, in: lab.directory)
                }
                #expect(digest == blob)
                let fetches = try lab.registry.blobFetches()[blob] ?? 0
                #expect((1...5).contains(fetches), "one fill and at most four ranges ahead of it")
            }
        }

        @Test("containerd trusts the digest and the length of a HEAD, cold and warm (R12)")
        func headThenGet() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                let manifests = "\(lab.larder.url)/v2/library/base/manifests/"
                try await lab.serving {
                    for _ in ["cold", "warm"] {
                        let head = try await Curl.head(
                            "\(manifests)1?ns=docker.io", [Self.accept])
                        #expect(head.status == 200)
                        #expect(head[header: "Docker-Content-Digest"] == image.index)
                        #expect(head[header: "Content-Length"] == String(image.indexSize))
                        #expect(head[header: "Content-Type"] == OCIMediaType.index)
                        #expect(head[header: "OCI-Namespace"] == "docker.io")
                        let get = try await Curl.get(
                            "\(manifests)\(image.index)?ns=docker.io",
                            ["Accept: \(OCIMediaType.index), */*"])
                        #expect(get.status == 200)
                        #expect(get.body.count == image.indexSize)
                    }
                }
            }
        }

        @Test("dockerd on the containerd store: a mirror with a path, compressed bodies accepted")
        func mirrorWithPath() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                let root = "\(lab.larder.url)/docker.io/v2/"
                try await lab.serving {
                    let ping = try await Curl.get(root)
                    #expect(ping.status == 200)
                    let head = try await Curl.head(
                        "\(root)library/base/manifests/1?ns=docker.io", [Self.accept])
                    #expect(head[header: "Docker-Content-Digest"] == image.index)
                    for blob in try image.amd64.blobs {
                        let url = "\(root)library/base/blobs/\(blob)?ns=docker.io"
                        let answer = try await Curl.get(
                            url, ["Accept-Encoding: zstd, gzip, deflate"])
                        #expect(answer.status == 200)
                        #expect(answer[header: "Content-Encoding"] == nil)
                        #expect(answer[header: "Content-Length"] == String(answer.body.count))
                        #expect(try await sha256(of: answer.body) == blob)
                    }
                }
            }
        }

        private func digestOfParts(of url: String, size: Int, in directory: URL) async throws
            -> String
        {
            let count = 4
            let length = (size + count - 1) / count
            let files = (0..<count).map { directory.appending(path: "part\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (part, file) in files.enumerated() {
                    group.addTask {
                        try await Curl.read(length, from: part * length, of: url, to: file)
                    }
                }
                try await group.waitForAll()
            }
            let whole = directory.appending(path: "whole")
            try await Tool(name: "sh").run(
                ["-c", #"out=$0; cat "$@" >"$out""#, whole.path] + files.map(\.path))
            return try await sha256(of: whole)
        }
    }
}

/// The digest of `bytes`, as `sha256:<hex>`.
func sha256(of bytes: Data) async throws -> String {
    try await withTemporaryDirectory { directory in
        let file = directory.appending(path: "bytes")
        try bytes.write(to: file)
        return try await sha256(of: file)
    }
}
