/// Blobs and manifests that are not kept, for want of room.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Uncached pulls")
struct UncachedTests {
    private let blob = SeededBytes.make(count: 2_000_000, seed: 3)
    private var path: String { "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))" }
    private let blobs = RequestMatcher("GET", "/blobs/")

    private func withLarder(
        maxSize: Int64 = 1_000_000, change: @escaping (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", blob: blob)
            try await TestLarder.with(
                registry,
                change: {
                    $0.setBudget(maxSize)
                    change(&$0)
                }
            ) { try await body($0, registry) }
        }
    }

    @Test("R42: an object larger than the budget is streamed and not kept")
    func tooLarge() async throws {
        try await withLarder { larder, registry in
            for count in 1...2 {
                let response = try await larder.request(.GET, path)
                #expect(response.status == 200 && response.body == blob)
                #expect(response.headers.first(name: "Content-Length") == "2000000")
                #expect(
                    response.headers.first(name: "Cache-Status")
                        == "larder; fwd=uri-miss; fwd-status=200")
                #expect(registry.requests.count("GET", "/blobs/") == count)
            }
            #expect(larder.store.budget.state.used == 0)
            #expect(larder.fills.isEmpty)
        }
    }

    @Test("R42: each of many clients of it has all of it")
    func manyClients() async throws {
        try await withLarder { larder, registry in
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<12 {
                    group.addTask { try await larder.request(.GET, path).body }
                }
                for try await body in group { #expect(body == blob) }
            }
            #expect(registry.requests.count("GET", "/blobs/") <= 12)
        }
    }

    @Test(
        "R1: wrong bytes never complete, wherever they are", arguments: [0, 1_000_000, 1_999_999])
    func wrongBytes(offset: Int) async throws {
        try await withLarder { larder, registry in
            registry.inject(.corrupt(at: offset), on: blobs)
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, path) }
            await #expect(throws: (any Error).self) {
                _ = try await larder.request(.GET, path, [("Range", "bytes=1990000-")])
            }
        }
    }

    @Test(
        "R18: ranges of it are right, also where the registry knows none",
        arguments: [
            "bytes=0-99", "bytes=1500000-1500999", "bytes=1000-1999999", "bytes=-10",
            "bytes=1999999-", "bytes=0-",
        ], [true, false])
    func ranges(range: String, isIgnored: Bool) async throws {
        try await withLarder { larder, registry in
            if isIgnored { registry.inject(.ignoreRange, on: blobs) }
            let header = try #require(RangeHeader(range))
            guard case .parts(let parts) = header.resolve(size: Int64(blob.count)) else { return }
            let response = try await larder.request(.GET, path, [("Range", range)])
            #expect(response.status == 206)
            #expect(
                response.body == Array(blob[Int(parts[0].lowerBound)..<Int(parts[0].upperBound)]))
        }
    }

    @Test("several ranges of it are right", arguments: [true, false])
    func multipart(isIgnored: Bool) async throws {
        try await withLarder { larder, registry in
            if isIgnored { registry.inject(.ignoreRange, on: blobs) }
            let response = try await larder.request(
                .GET, path, [("Range", "bytes=0-9,1000000-1000009")])
            #expect(response.status == 206)
            for start in [0, 1_000_000] {
                let part = Array(blob[start..<start + 10])
                #expect(response.body.firstRange(of: part) != nil)
            }
        }
    }

    @Test(
        "R17: a break is gone on from, also where the registry knows no ranges",
        arguments: [true, false])
    func resuming(isIgnored: Bool) async throws {
        try await withLarder { larder, registry in
            registry.inject(.truncate(after: 700_000), on: blobs, uses: 1)
            if isIgnored { registry.inject(.ignoreRange, on: blobs) }
            let response = try await larder.request(.GET, path)
            #expect(response.body == blob)
            #expect(registry.requests.count("GET", "/blobs/") == 2)
        }
    }

    @Test("R17: past the tries the client is cut")
    func givingUp() async throws {
        try await withLarder(change: { $0.fill.resumeAttempts = 1 }) { larder, registry in
            registry.inject(.truncate(after: 100), on: blobs)
            await #expect(throws: (any Error).self) { _ = try await larder.request(.GET, path) }
        }
    }

    @Test("R41: room is made for what fits; pinned images are not given up for it")
    func room() async throws {
        let image = SyntheticImage(seed: 8, layerSizes: [600_000])
        let small = SeededBytes.make(count: 600_000, seed: 9)
        let smallPath = "/v2/lab.local/app/blobs/\(Digest.sha256(of: small))"
        for isPinned in [true, false] {
            let pins = isPinned ? [try ImagePattern("lab.local/app")] : []
            try await withLarder(change: { $0.cache.pins = pins }) { larder, registry in
                registry.add(repository: "app", image: image)
                registry.add(repository: "app", blob: small)
                _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/latest")
                try await larder.waitUntilStored("latest", in: "app")
                let layer = "/v2/lab.local/app/blobs/\(image.layerDigests[0])"
                _ = try await larder.request(.GET, layer)
                try await larder.waitUntilStored(image.layerDigests[0])
                try await larder.age(by: 10)
                let response = try await larder.request(.GET, smallPath)
                #expect(response.body == small)
                let status = response.headers.first(name: "Cache-Status")
                #expect(status?.hasSuffix("stored") == !isPinned)
                #expect(try await larder.isStored(image.layerDigests[0]) == isPinned)
            }
        }
    }

    @Test("a manifest that does not fit is served each time, and not kept")
    func manifest() async throws {
        let image = SyntheticImage(seed: 8)
        try await withLarder(maxSize: 1000) { larder, registry in
            registry.add(repository: "app", image: image)
            for count in 1...2 {
                let response = try await larder.request(.GET, "/v2/lab.local/app/manifests/latest")
                #expect(response.body == image.manifest)
                #expect(registry.requests.count("GET", "/manifests/") == count)
            }
            #expect(larder.store.budget.state.used == 0)
        }
    }
}
