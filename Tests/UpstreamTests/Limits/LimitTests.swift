// Larder's own limits on what a registry is asked.
import NIOCore
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Limits of one upstream", .timeLimit(.minutes(1)))
struct LimitTests {
    private let blobs = (0..<3).map { SeededBytes.make(count: 200_000, seed: UInt64(30 + $0)) }

    private func withBlobs(
        _ limits: UpstreamLimits,
        _ body: (ScriptedRegistry, RegistryClient, [Digest]) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            let digests = blobs.map { registry.add(repository: repository, blob: $0) }
            registry.add(repository: repository, image: SyntheticImage(seed: 31))
            try await withClient(of: registry) {
                $0.limits = limits
            } _: { client in
                try await body(registry, client, digests)
            }
        }
    }

    private func waitUntil(_ condition: () -> Bool) async {
        while !condition() { await shortPause() }
    }

    @Test("max_fetches: the next download waits for the end of a body, a manifest does not")
    func slots() async throws {
        try await withBlobs(UpstreamLimits(maxFetches: 1)) { registry, client, digests in
            registry.inject(.stall(after: 1000), on: .init("GET", "\(digests[0])"))
            let first = Task { try await client.blob(try name(), digests[0]).bytes() }
            try await registry.requests.wait(for: .init("GET", "/blobs/"))
            let others = digests.dropFirst().map { digest in
                Task { try await client.blob(try name(), digest).bytes() }
            }
            await waitUntil { client.activity.snapshot.limits.queued == 2 }
            _ = try await client.manifest(try name(), try tag())
            _ = try await client.headBlob(try name(), digests[1])
            #expect(registry.requests.count("GET", "/blobs/") == 1)
            #expect(client.activity.snapshot.limits.fetches == 1)
            registry.release("stall")
            #expect(try await first.value == blobs[0])
            for (task, bytes) in zip(others, blobs.dropFirst()) {
                #expect(try await task.value == bytes)
            }
            #expect(registry.requests.count("GET", "/blobs/") == 3)
            #expect(client.activity.snapshot.limits == .init())
        }
    }

    @Test("a slot is free again after an error, a cancellation, and a body that nobody reads")
    func freesSlots() async throws {
        try await withBlobs(UpstreamLimits(maxFetches: 1)) { registry, client, digests in
            registry.inject(.respond(status: 503), on: .init("GET", "/blobs/"), uses: 1)
            _ = try await errorKind { try await client.blob(try name(), digests[0]) }
            registry.inject(.truncate(after: 10), on: .init("GET", "/blobs/"), uses: 1)
            let held = try await client.blob(try name(), digests[0])
            #expect(try await errorKind { try await held.bytes() } == .truncated)
            registry.inject(.hang(), on: .init("GET", "/blobs/"), uses: 1)
            let cancelled = Task { try await client.blob(try name(), digests[0]) }
            try await registry.requests.wait(for: .init("GET", "/blobs/"), count: 3)
            cancelled.cancel()
            _ = await cancelled.result
            _ = try await client.blob(try name(), digests[1])
            #expect(try await client.blob(try name(), digests[2]).bytes() == blobs[2])
            #expect(client.activity.snapshot.limits == .init())
        }
    }

    @Test("max_queued: the next one is refused at once, and the registry hears nothing of it")
    func queueBound() async throws {
        let limits = UpstreamLimits(maxFetches: 1, maxQueued: 0)
        try await withBlobs(limits) { registry, client, digests in
            let first = try await client.blob(try name(), digests[0])
            let kind = try await errorKind { try await client.blob(try name(), digests[1]) }
            #expect(kind == .overloaded(retryAfterSeconds: 5))
            #expect(registry.requests.all.count == 1)
            #expect(client.activity.snapshot.state == .up)
            #expect(client.activity.snapshot.limits.refused == 1)
            #expect(try await first.bytes() == blobs[0])
        }
    }

    @Test("max_bandwidth: a body that waits for longer than the idle time-out comes whole")
    func bandwidth() async throws {
        try await ScriptedRegistry.with { registry in
            let bytes = SeededBytes.make(count: 48 * 1024, seed: 33)
            let digest = registry.add(repository: repository, blob: bytes)
            registry.inject(.drip(bytes: 16 * 1024, every: .milliseconds(1)), on: .init("GET"))
            try await withClient(of: registry) {
                $0.limits = UpstreamLimits(maxBandwidth: 8 * 1024)
                $0.timeouts.idle = .milliseconds(1500)
            } _: { client in
                let received = try await client.blob(try name(), digest).bytes()
                #expect(received == bytes)
                // The first 16 KiB are a burst, and the others take two seconds each.
                #expect(client.activity.snapshot.limits.throttled > .seconds(3))
                #expect(client.activity.snapshot.receivedBytes == bytes.count)
            }
        }
    }

    @Test("max_bandwidth: the registry is made to wait, not the memory filled (R16)")
    func backPressure() async throws {
        try await ScriptedRegistry.with { registry in
            let large = SeededBytes.make(count: 64 << 20, seed: 34)
            let digest = registry.add(repository: repository, blob: large)
            try await withClient(of: registry) {
                $0.limits = UpstreamLimits(maxBandwidth: 100_000)
            } _: { client in
                let response = try await client.blob(try name(), digest)
                var iterator = response.body.makeAsyncIterator()
                let first = try #require(try await iterator.next())
                #expect(first.readableBytes <= 16 * 1024)
                let second = Task { try await client.blob(try name(), digest).bytes() }
                await waitUntil { registry.requests.all.count == 2 }
                second.cancel()
                await #expect(throws: CancellationError.self) { try await second.value }
                #expect(registry.requests.all.first?.isAnswered == false)
            }
        }
    }
}
