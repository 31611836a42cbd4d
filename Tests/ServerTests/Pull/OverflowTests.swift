/// A fill that has no more room in the middle: its readers go on without it.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Overflowing fills")
struct OverflowTests {
    private static let limit = Fill.reservationStep + (1 << 20)

    /// Longer than the budget, which shows only as it comes.
    private let blob: [UInt8] = {
        let block = SeededBytes.make(count: 1 << 20, seed: 5)
        return (0..<19).flatMap { [UInt8($0)] + block }
    }()
    private var path: String { "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))" }
    private let blobs = RequestMatcher("GET", "/blobs/")

    private func withLarder(
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", blob: blob)
            registry.inject(.chunked, on: RequestMatcher(nil, "/blobs/"))
            // Without a Content-Length Larder asks for the first byte to learn the length.
            registry.inject(
                .ignoreRange, on: RequestMatcher("GET", "/blobs/", hasRange: true), uses: 1)
            try await TestLarder.with(
                registry,
                change: { $0.setBudget(Self.limit) }
            ) { try await body($0, registry) }
        }
    }

    /// Two readers that follow the fill from before it has no more room.
    private func twoReaders(
        _ larder: TestLarder, _ registry: ScriptedRegistry
    ) async throws -> [[UInt8]] {
        registry.inject(.stall(after: 1 << 20), on: blobs)
        let first = try await larder.start(.GET, path)
        let second = try await larder.start(.GET, path)
        #expect(second.headers.first(name: "Cache-Status")?.hasSuffix("collapsed") == true)
        registry.release("stall")
        async let firstBody = first.body.collect(upTo: 1 << 30)
        async let secondBody = second.body.collect(upTo: 1 << 30)
        return try await [firstBody, secondBody].map { Array($0.readableBytesView) }
    }

    @Test(
        "R38, R42: both readers of a fill that outgrows the budget have all of it",
        arguments: [true, false])
    func overflowing(isIgnored: Bool) async throws {
        try await withLarder { larder, registry in
            if isIgnored { registry.inject(.ignoreRange, on: blobs) }
            for body in try await twoReaders(larder, registry) { #expect(body == blob) }
            #expect(registry.requests.count("GET", "/blobs/") == 4)
            let ranged = registry.requests.matching(
                RequestMatcher("GET", "/blobs/", hasRange: true))
            #expect(ranged.count == 3)
            #expect(larder.fills.isEmpty)
            try await larder.waitUntilNothingIsUsed()
        }
    }

    @Test("R1: what comes after the overflow is verified with what came before")
    func wrongBytes() async throws {
        try await withLarder { larder, registry in
            registry.inject(
                .corrupt(at: 1000), on: RequestMatcher("GET", "/blobs/", hasRange: true))
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, path) }
            try await larder.waitUntilNothingIsUsed()
        }
    }

    @Test("R17: a reader that goes on by itself resumes as a fill does")
    func resuming() async throws {
        try await withLarder { larder, registry in
            registry.inject(
                .truncate(after: 300_000),
                on: RequestMatcher("GET", "/blobs/", hasRange: true), uses: 1)
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
        }
    }
}
