/// The cold pull: one fetch, many readers, breaks, wrong bytes.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Fills")
struct FillTests {
    private let blob = SeededBytes.make(count: 2_000_000, seed: 3)
    private var digest: Digest { .sha256(of: blob) }
    private var path: String { "/v2/lab.local/app/blobs/\(digest)" }

    private func withLarder(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", blob: blob)
            try await TestLarder.with(registry, change: change) { try await body($0, registry) }
        }
    }

    @Test("R13: many clients of one cold blob cost one upstream GET")
    func coalescing() async throws {
        try await withLarder { larder, registry in
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<40 {
                    group.addTask { try await larder.request(.GET, path).body }
                }
                for try await body in group { #expect(body == blob) }
            }
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    @Test("R14: a client has its first bytes while the fill still runs")
    func streaming() async throws {
        try await withLarder(change: { $0.upstreams["lab.local"]?.timeouts.idle = .seconds(30) }) {
            larder, registry in
            registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"))
            for _ in 0..<2 {
                let response = try await larder.start(.GET, path)
                var bytes = response.body.makeAsyncIterator()
                let first = try #require(try await bytes.next())
                #expect(Array(first.readableBytesView) == Array(blob.prefix(first.readableBytes)))
            }
            registry.release("stall")
            let response1 = try await larder.request(.GET, path)
            #expect(response1.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    @Test("R17: a fill that breaks goes on by Range and the client sees a pause")
    func resuming() async throws {
        try await withLarder { larder, registry in
            registry.inject(
                .truncate(after: 700_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            let response2 = try await larder.request(.GET, path)
            #expect(response2.body == blob)
            let gets = registry.requests.matching(RequestMatcher("GET", "/blobs/"))
            #expect(gets.count == 2)
            #expect(gets.last?.header("range")?.hasPrefix("bytes=") == true)
        }
    }

    @Test("R56: a resume that is answered 200 still gives the right bytes")
    func resumeWithoutRange() async throws {
        try await withLarder { larder, registry in
            registry.inject(
                .truncate(after: 700_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            registry.inject(.ignoreRange, on: RequestMatcher("GET", "/blobs/", hasRange: true))
            let response3 = try await larder.request(.GET, path)
            #expect(response3.body == blob)
        }
    }

    @Test("R17: past the tries the readers are cut, and the next request leads anew")
    func givingUp() async throws {
        try await withLarder(change: { $0.fill.resumeAttempts = 1 }) { larder, registry in
            registry.inject(.truncate(after: 100), on: RequestMatcher("GET", "/blobs/"))
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, path) }
            registry.removeFaults()
            let response4 = try await larder.request(.GET, path)
            #expect(response4.body == blob)
        }
    }

    @Test("R1: wrong bytes never complete at a client and are not kept")
    func wrongBytes() async throws {
        try await withLarder { larder, registry in
            registry.inject(.corrupt(at: 1_000_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, path) }
            let response5 = try await larder.request(.GET, path)
            #expect(response5.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 2)
        }
    }

    @Test("without a Content-Length anywhere the body is sent chunked and is right")
    func unknownLength() async throws {
        try await withLarder { larder, registry in
            registry.inject(.chunked, on: RequestMatcher("GET", "/blobs/"))
            registry.inject(.removeHeader("Content-Length"), on: RequestMatcher("HEAD", "/blobs/"))
            let response6 = try await larder.request(.GET, path)
            #expect(response6.body == blob)
        }
    }

    @Test(
        "R18: ranges are right, cold and warm",
        arguments: ["bytes=0-99", "bytes=1500000-", "bytes=-10", "bytes=1000-1000"])
    func ranges(range: String) async throws {
        try await withLarder { larder, _ in
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
        try await withLarder(change: {
            $0.fill.rangeAhead = ByteCount(100_000)
            $0.upstreams["lab.local"]?.timeouts.idle = .seconds(30)
        }) { larder, registry in
            registry.inject(
                .stall(after: 1000), on: RequestMatcher("GET", "/blobs/", hasRange: false))
            let response = try await larder.request(
                .GET, path, [("Range", "bytes=1800000-1800999")])
            #expect(response.body == Array(blob[1_800_000..<1_801_000]))
            #expect(registry.requests.matching(RequestMatcher("GET", hasRange: true)).count == 1)
            registry.release("stall")
            let response7 = try await larder.request(.GET, path)
            #expect(response7.body == blob)
        }
    }

    @Test("a range behind the end is 416 with the size")
    func unsatisfiable() async throws {
        try await withLarder { larder, _ in
            let response = try await larder.request(.GET, path, [("Range", "bytes=2000000-")])
            #expect(response.status == 416)
            #expect(response.headers.first(name: "Content-Range") == "bytes */2000000")
        }
    }

    @Test("R12: HEAD of a blob equals GET in length and digest, cold and warm")
    func head() async throws {
        try await withLarder { larder, registry in
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

    @Test("R15: the first client leaves and the fill goes on for the others")
    func leaderLeaves() async throws {
        try await withLarder(change: { $0.upstreams["lab.local"]?.timeouts.idle = .seconds(30) }) {
            larder, registry in
            registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"))
            do {
                let leader = try await larder.start(.GET, path)
                var bytes = leader.body.makeAsyncIterator()
                _ = try await bytes.next()
            }
            registry.release("stall")
            let follower = try await larder.request(.GET, path)
            #expect(follower.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }
}
