/// What a client may ask of a blob: ranges, HEAD.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Blob answers")
struct BlobAnswerTests {
    private let blob = SeededBytes.make(count: 2_000_000, seed: 3)
    private var digest: Digest { .sha256(of: blob) }
    private var path: String { "/v2/lab.local/app/blobs/\(digest)" }

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", blob: blob)
    }

    @Test(
        "R18: ranges are right, cold and warm",
        arguments: ["bytes=0-99", "bytes=1500000-", "bytes=-10", "bytes=1000-1000"])
    func ranges(range: String) async throws {
        try await withLarder(content) { larder, _ in
            let header = try #require(RangeHeader(range))
            guard case .parts(let parts) = header.resolve(size: Int64(blob.count)) else { return }
            let expected = Array(blob[Int(parts[0].lowerBound)..<Int(parts[0].upperBound)])
            for _ in 0..<2 {
                let response = try await larder.request(.GET, path, [("Range", range)])
                #expect(response.status == 206)
                #expect(response.body == expected)
                #expect(
                    response.headers.first(name: "Content-Range")
                        == "\(ContentRange(range: parts[0], total: Int64(blob.count)))")
            }
        }
    }

    @Test("R19: a range far ahead of a stalled fill is fetched by a range of its own")
    func rangeAhead() async throws {
        try await withLarder(
            content, change: { $0.fill.rangeAhead = ByteCount(100_000) }
        ) { larder, registry in
            registry.inject(
                .stall(after: 1000), on: RequestMatcher("GET", "/blobs/", hasRange: false))
            let response = try await larder.request(
                .GET, path, [("Range", "bytes=1800000-1800999")])
            #expect(response.body == Array(blob[1_800_000..<1_801_000]))
            #expect(registry.requests.matching(RequestMatcher("GET", hasRange: true)).count == 1)
            registry.release("stall")
            let whole = try await larder.request(.GET, path)
            #expect(whole.body == blob)
        }
    }

    @Test("two ranges are answered as two parts (RFC 9110 §14.6)")
    func twoRanges() async throws {
        try await withLarder(content) { larder, _ in
            let response = try await larder.request(.GET, path, [("Range", "bytes=0-9,100-109")])
            #expect(response.status == 206)
            let type = try #require(response.headers.first(name: "Content-Type"))
            let boundary = try #require(type.split(separator: "boundary=").last)
            var expected: [UInt8] = []
            for range in [0...9, 100...109] {
                let head =
                    "\(range.lowerBound == 0 ? "" : "\r\n")--\(boundary)\r\n"
                    + "Content-Type: application/octet-stream\r\nContent-Range: "
                    + "bytes \(range.lowerBound)-\(range.upperBound)/2000000\r\n\r\n"
                expected += Array(head.utf8) + blob[range]
            }
            #expect(response.body == expected + Array("\r\n--\(boundary)--\r\n".utf8))
            let length = response.headers.first(name: "Content-Length")
            #expect(length == "\(response.body.count)")
        }
    }

    @Test("a range behind the end is 416 with the size")
    func unsatisfiable() async throws {
        try await withLarder(content) { larder, _ in
            let response = try await larder.request(.GET, path, [("Range", "bytes=2000000-")])
            #expect(response.status == 416)
            #expect(response.headers.first(name: "Content-Range") == "bytes */2000000")
        }
    }

    @Test("R12: HEAD of a blob equals GET in length and digest, cold and warm")
    func head() async throws {
        try await withLarder(content) { larder, registry in
            let cold = try await larder.request(.HEAD, path)
            #expect(registry.requests.count("GET", "/blobs/") == 0)
            let get = try await larder.request(.GET, path)
            let warm = try await larder.request(.HEAD, path)
            for name in ["Content-Length", "Docker-Content-Digest", "Content-Type", "ETag"] {
                let expected = get.headers.first(name: name)
                #expect(expected != nil)
                #expect(cold.headers.first(name: name) == expected)
                #expect(warm.headers.first(name: name) == expected)
            }
        }
    }
}
