/// The cold pull: one fetch, many readers, breaks, wrong bytes.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Fills")
struct FillTests {
    private let blob = SeededBytes.make(count: 2_000_000, seed: 3)
    private var digest: Digest { .sha256(of: blob) }
    private var path: String { "/v2/lab.local/app/blobs/\(digest)" }

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", blob: blob)
    }

    @Test("R13: many clients of one cold blob cost one upstream GET")
    func coalescing() async throws {
        try await withLarder(content) { larder, registry in
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<40 {
                    group.addTask { try await larder.request(.GET, path).body }
                }
                for try await body in group { #expect(body == blob) }
            }
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    /// A response that has begun before its fetch has ended, which goes on then.
    private func midway(
        _ larder: TestLarder, _ registry: ScriptedRegistry
    ) async throws -> HTTPClientResponse {
        registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"))
        let response = try await larder.start(.GET, path)
        registry.release("stall")
        return response
    }

    @Test("R14: a client has its first bytes while the fill still runs")
    func streaming() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"))
            for _ in 0..<2 {
                let response = try await larder.start(.GET, path)
                var bytes = response.body.makeAsyncIterator()
                let first = try #require(try await bytes.next())
                #expect(Array(first.readableBytesView) == Array(blob.prefix(first.readableBytes)))
            }
            registry.release("stall")
            let whole = try await larder.request(.GET, path)
            #expect(whole.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    @Test("R17: a fill that breaks goes on by Range and the client sees a pause")
    func resuming() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(
                .truncate(after: 700_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            let gets = registry.requests.matching(RequestMatcher("GET", "/blobs/"))
            #expect(gets.count == 2)
            #expect(gets.last?.header("range")?.hasPrefix("bytes=") == true)
        }
    }

    @Test("R56: a resume that is answered 200 still gives the right bytes")
    func resumeWithoutRange() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(
                .truncate(after: 700_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            registry.inject(.ignoreRange, on: RequestMatcher("GET", "/blobs/", hasRange: true))
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
        }
    }

    @Test("R17: past the tries the readers are cut, and the next request leads anew")
    func givingUp() async throws {
        try await withLarder(content, change: { $0.fill.resumeAttempts = 1 }) { larder, registry in
            registry.inject(.truncate(after: 100), on: RequestMatcher("GET", "/blobs/"))
            let response = try await midway(larder, registry)
            await #expect(throws: (any Error).self) {
                _ = try await response.body.collect(upTo: blob.count)
            }
            registry.removeFaults()
            let again = try await larder.request(.GET, path)
            #expect(again.body == blob)
        }
    }

    @Test("R1: wrong bytes never complete at a client and are not kept")
    func wrongBytes() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.corrupt(at: 1_000_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            let response = try await midway(larder, registry)
            await #expect(throws: (any Error).self) {
                _ = try await response.body.collect(upTo: blob.count)
            }
            let again = try await larder.request(.GET, path)
            #expect(again.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 2)
        }
    }

    @Test("without a Content-Length anywhere the body is sent chunked and is right")
    func unknownLength() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.chunked, on: RequestMatcher(nil, "/blobs/"))
            registry.inject(.ignoreRange, on: RequestMatcher("GET", "/blobs/"))
            let response = try await midway(larder, registry)
            let body = try await response.body.collect(upTo: blob.count)
            #expect(Array(body.readableBytesView) == blob)
            #expect(response.headers.first(name: "Content-Length") == nil)
        }
    }

    @Test(
        "a blob is not in use any more once its fetch has ended and its readers are gone",
        .timeLimit(.minutes(1)))
    func notInUse() async throws {
        try await withLarder(content, change: { $0.fill.abandonedGrace = .seconds(3600) }) {
            larder, _ in
            _ = try await larder.request(.GET, path)
            while larder.store.committer.openFiles.isOpen(digest) { await shortPause() }
            #expect(try await larder.isStored(digest))
        }
    }

    @Test("R15: the first client leaves and the fill goes on for the others")
    func leaderLeaves() async throws {
        try await withLarder(content) { larder, registry in
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

    @Test("R16: a client that reads nothing throttles nobody and has the right bytes in the end")
    func stillReader() async throws {
        let large = Array([[UInt8]](repeating: blob, count: 8).joined())
        let path = "/v2/lab.local/app/blobs/\(Digest.sha256(of: large))"
        try await withLarder({ $0.add(repository: "app", blob: large) }) { larder, registry in
            let still = try StillClient(port: larder.port, get: path)
            try await still.waitForFirstByte()
            let other = try await larder.request(.GET, path)
            #expect(other.body == large)
            try await larder.waitUntilStored(.sha256(of: large), in: "app")
            #expect(registry.requests.count("GET", "/blobs/") == 1)
            #expect(try await still.readBody() == large)
        }
    }
}
