// Deadlines of an upstream request, and giving up on one.
import NIOCore
import OCI
import TestKit
import Testing
import Upstream

@Suite("Upstream time-outs", .timeLimit(.minutes(1)))
struct TimeoutTests {
    let content = SeededBytes.make(count: 5_000_000, seed: 9)

    @Test("an upstream that accepts and hangs is given up in time (R54)")
    func responseHeader() async throws {
        try await ScriptedRegistry.with { registry in
            registry.inject(.hang(), on: .init())
            let kind = try await withClient(of: registry) {
                $0.timeouts.responseHeader = .milliseconds(500)
            } _: { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .timedOut(.responseHeader))
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("a body that stalls is given up, with the bytes there were")
    func idle() async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            registry.inject(.stall(after: 1000), on: .init("GET"))
            try await withClient(of: registry) {
                $0.timeouts.idle = .milliseconds(500)
            } _: { client in
                let response = try await client.blob(try name(), digest)
                var received = 0
                let kind = try await errorKind {
                    for try await chunk in response.body { received += chunk.readableBytes }
                }
                #expect(kind == .timedOut(.idle))
                #expect(received == 1000)
            }
        }
    }

    @Test("a document that drips is given up as a whole")
    func drippingDocument() async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: SyntheticImage())
            registry.inject(.drip(bytes: 1, every: .milliseconds(20)), on: .init("GET"))
            let kind = try await withClient(of: registry) {
                $0.timeouts.idle = .milliseconds(200)
            } _: { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .timedOut(.idle))
        }
    }

    @Test("a cancelled request ends at once", arguments: [Fault.hang(), .stall(after: 10)])
    func cancellation(fault: Fault) async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            registry.inject(fault, on: .init("GET"))
            try await withClient(of: registry) { client in
                let task = Task {
                    try await client.blob(try name(), digest).bytes()
                }
                try await registry.requests.wait(for: .init("GET"))
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }

    @Test("an unread body holds about its buffer, not the blob (R16)")
    func boundsBuffer() async throws {
        try await ScriptedRegistry.with { registry in
            let large = SeededBytes.make(count: 64 << 20, seed: 10)
            let digest = registry.add(repository: repository, blob: large)
            try await withClient(of: registry) { client in
                do {
                    let response = try await client.blob(try name(), digest)
                    var iterator = response.body.makeAsyncIterator()
                    _ = try await iterator.next()
                    #expect(registry.requests.all.first?.isAnswered == false)
                }
                _ = try await client.headBlob(try name(), digest)
            }
        }
    }
}
