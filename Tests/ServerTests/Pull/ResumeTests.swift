/// Transfers that break: what is asked for again, and how many bytes come twice.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import Server

@Suite("Resuming", .timeLimit(.minutes(3)))
struct ResumeTests {
    private let blob = SeededBytes.make(count: 3_000_000, seed: 12)
    private var digest: Digest { .sha256(of: blob) }
    private var path: String { "/v2/lab.local/app/blobs/\(digest)" }
    private let gets = RequestMatcher("GET", "/blobs/")
    private let rangedGets = RequestMatcher("GET", "/blobs/", hasRange: true)

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", blob: blob)
    }

    private func ranges(_ registry: ScriptedRegistry) -> [String?] {
        registry.requests.matching(gets).map { $0.header("range") }
    }

    /// Waits for it: a registry counts bytes when they are written, which a client may read before.
    private func expect(_ registry: ScriptedRegistry, serves count: Int) async {
        func served() -> Int { registry.requests.matching(gets).map(\.bodyBytes).reduce(0, +) }
        while served() < count { await shortPause() }
        #expect(served() == count)
    }

    @Test("an upstream that cuts again and again costs one client attempt and no byte twice (R17)")
    func manyCuts() async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.truncate(after: 500_000), on: gets)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            let starts = stride(from: 500_000, to: blob.count, by: 500_000)
            #expect(ranges(registry) == [nil] + starts.map { "bytes=\($0)-" })
            await expect(registry, serves: blob.count)
        }
    }

    static let rangeFaults: [Fault] = [
        .setHeader("Content-Range", "bytes 0-9/3000000"), .removeHeader("Content-Range"),
        .respond(status: 400), .respond(status: 416),
    ]

    @Test(
        "a range that is not answered as asked is followed by the whole (R56)",
        arguments: rangeFaults)
    func oddRange(fault: Fault) async throws {
        try await withLarder(content) { larder, registry in
            registry.inject(.truncate(after: 700_000), on: gets, uses: 1)
            registry.inject(fault, on: rangedGets)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            #expect(ranges(registry) == [nil, "bytes=700000-", nil])
            try await larder.waitUntilStored(digest)
        }
    }

    /// Runs `body` with a Larder whose `lab.local` is at two registries that both have the blob.
    private func withMirror(
        _ body:
            @escaping @Sendable (
                _ larder: TestLarder, _ mirror: ScriptedRegistry, _ origin: ScriptedRegistry
            ) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { mirror in
            content(mirror)
            let url = try #require(EndpointURL(mirror.url))
            try await withLarder(
                content,
                change: {
                    $0.upstreams["lab.local"]?.endpoints.insert(
                        EndpointSettings(url: url, resolves: false), at: 0)
                }
            ) { larder, origin in try await body(larder, mirror, origin) }
        }
    }

    static let refusals: [Fault] = [
        .close, .respond(status: 503), .respond(status: 404), .respond(status: 416),
        .setHeader("Content-Range", "rubbish"),
    ]

    @Test(
        "what one endpoint does not go on with, the next one does (R17, R56)", arguments: refusals)
    func nextEndpoint(fault: Fault) async throws {
        try await withMirror { larder, mirror, origin in
            mirror.inject(.truncate(after: 700_000), on: gets, uses: 1)
            mirror.inject(fault, on: rangedGets)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            #expect(ranges(origin) == ["bytes=700000-"])
            await expect(origin, serves: blob.count - 700_000)
        }
    }

    @Test("an endpoint whose bodies bring nothing is left for the next one")
    func stuckEndpoint() async throws {
        try await withMirror { larder, mirror, origin in
            mirror.inject(.truncate(after: 10), on: gets)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            #expect(ranges(mirror) == [nil, "bytes=10-"])
            #expect(ranges(origin) == ["bytes=20-"])
        }
    }

    @Test("an endpoint that gives wrong bytes is left for the next one (R1, R4)")
    func wrongBytes() async throws {
        let image = SyntheticImage(seed: 33)
        try await withMirror { larder, mirror, origin in
            mirror.add(repository: "app", image: image)
            origin.add(repository: "app", image: image)
            mirror.inject(.corrupt(at: 10), on: .init("GET"))
            // Who had its response head by then is cut; who had not is given the next one's.
            let cut = try? await larder.request(.GET, path)
            #expect(cut == nil || cut?.body == blob)
            #expect(try await larder.request(.GET, path).body == blob)
            #expect(ranges(mirror) == [nil])
            #expect(ranges(origin) == [nil])
            let manifest = try await larder.request(
                .GET, "/v2/lab.local/app/manifests/\(image.digest)")
            #expect(manifest.body == image.manifest)
        }
    }

    @Test("a signed link that has ended in mid-fill is asked for anew (R57)")
    func expiredLink() async throws {
        try await ScriptedRegistry.with { storage in
            try await withLarder(content) { larder, registry in
                registry.redirectBlobs(to: storage, linkUses: 1)
                storage.inject(.truncate(after: 700_000), on: .init("GET"), uses: 1)
                storage.inject(
                    .respond(status: 403), on: .init("GET", hasRange: true), uses: 1)
                let response = try await larder.request(.GET, path)
                #expect(response.body == blob)
                #expect(ranges(registry) == [nil, "bytes=700000-", "bytes=700000-"])
                #expect(storage.requests.all.map(\.status) == [200, 403, 206])
                #expect(storage.requests.all.map(\.bodyBytes).reduce(0, +) == blob.count)
            }
        }
    }

    @Test("a token that ends in mid-pull is renewed once for all fills (R58)")
    func expiredToken() async throws {
        let blobs = (0..<5).map { SeededBytes.make(count: 400_000, seed: 50 + UInt64($0)) }
        let authority = TokenAuthority()
        try await withLarder(
            { registry in
                for blob in blobs { registry.add(repository: "app", blob: blob) }
                registry.requireToken(authority)
            }
        ) { larder, registry in
            // The first token, by something that is not among the faults.
            _ = try await larder.request(.GET, "/v2/lab.local/app/tags/list")
            registry.inject(.stall(after: 200_000), on: gets, uses: 5)
            registry.inject(.truncate(after: 200_000), on: gets, uses: 5)
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for blob in blobs {
                    let path = "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))"
                    group.addTask { try await larder.request(.GET, path).body }
                }
                try await registry.requests.wait(for: gets, count: 5)
                authority.revokeAll()
                registry.release("stall")
                var bodies: Set<[UInt8]> = []
                for try await body in group { bodies.insert(body) }
                #expect(bodies == Set(blobs))
            }
            #expect(authority.issuedCount == 2)
            #expect(registry.requests.count("GET", "/token") == 2)
        }
    }

    @Test("a restart goes on from what was synced, hashed again, and fetches only the rest")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try await ScriptedRegistry.with { registry in
            content(registry)
            registry.inject(.stall(after: 2_000_000), on: gets, uses: 1)
            let data = directory.file("data")
            try await TestLarder.with(registry, data: data) { larder in
                let response = try await larder.start(.GET, path)
                var received = 0
                for try await chunk in response.body {
                    received += chunk.readableBytes
                    if received == 2_000_000 { break }
                }
            }
            try await TestLarder.with(registry, data: data) { larder in
                let response = try await larder.request(.GET, path)
                #expect(response.body == blob)
            }
            #expect(ranges(registry) == [nil, "bytes=2000000-"])
            await expect(registry, serves: blob.count)
        }
    }

    @Test("a blob that trickles is broken off and gone on with by Range (R55)")
    func trickle() async throws {
        try await withLarder(
            content,
            change: {
                $0.upstreams["lab.local"]?.timeouts.minimumRate = MinimumRate(
                    bytesPerSecond: 100_000, window: .seconds(1))
            }
        ) { larder, registry in
            registry.inject(.drip(bytes: 100, every: .milliseconds(20)), on: gets, uses: 1)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            let ranges = ranges(registry)
            #expect(ranges.count == 2)
            #expect(ranges.last??.hasPrefix("bytes=") == true)
        }
    }
}
