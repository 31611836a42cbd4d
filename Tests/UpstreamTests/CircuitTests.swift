// Endpoints that fail again and again: what they are still asked.
import Logging
import OCI
import Synchronization
import TestKit
import Testing

@testable import Upstream

@Suite("Upstream circuits", .timeLimit(.minutes(1)))
struct CircuitTests {
    private let image = SyntheticImage(seed: 6)

    private func withImage(
        _ body: (ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await body(registry)
        }
    }

    private func breaker(_ settings: inout UpstreamSettings) {
        settings.breaker = BreakerSettings(failures: 2, openFor: .seconds(30))
    }

    /// Has the client fail until its circuit opens.
    private func open(_ client: RegistryClient) async throws {
        for _ in 0..<2 {
            let kind = try await errorKind { try await client.headManifest(try name(), try tag()) }
            #expect(kind == .status(503))
        }
    }

    @Test("an open circuit costs no request, and says when to come back (R59)")
    func suspended() async throws {
        try await withImage { registry in
            let clock = ManualClock()
            registry.inject(.respond(status: 503), on: .init())
            try await withClient(of: registry, configure: breaker, now: { clock.now }) { client in
                try await open(client)
                for _ in 0..<10 {
                    let kind = try await errorKind {
                        try await client.manifest(try name(), try tag())
                    }
                    guard case .suspended(let seconds) = kind else {
                        Issue.record("\(kind)")
                        continue
                    }
                    #expect((22...31).contains(seconds))
                }
                #expect(registry.requests.all.count == 2)
                #expect(client.activity.snapshot.lastFailureWord == "status_503")
                #expect(client.endpointSnapshots.map(\.isSuspended) == [true])
            }
        }
    }

    @Test("after its time one probe is sent, however many ask, and recovery lets all pass")
    func probe() async throws {
        try await withImage { registry in
            let clock = ManualClock()
            registry.inject(.respond(status: 503), on: .init(), uses: 2)
            try await withClient(of: registry, configure: breaker, now: { clock.now }) { client in
                try await open(client)
                clock.advance(by: .seconds(31))
                registry.inject(.hang(), on: .init("GET"), uses: 1)
                let probe = Task { try await client.manifest(try name(), try tag()) }
                try await registry.requests.wait(for: .init("GET"))
                for _ in 0..<5 {
                    let kind = try await errorKind {
                        try await client.manifest(try name(), try tag())
                    }
                    #expect(kind == .suspended(retryAfterSeconds: 1))
                }
                #expect(registry.requests.count("GET") == 1)
                registry.release("hang")
                #expect(try await probe.value.bytes == image.manifest)
                _ = try await client.manifest(try name(), try tag())
                #expect(client.endpointSnapshots.map(\.isUp) == [true])
            }
        }
    }

    @Test("a cancelled probe leaves the next request to be one")
    func cancelledProbe() async throws {
        try await withImage { registry in
            let clock = ManualClock()
            registry.inject(.respond(status: 503), on: .init(), uses: 2)
            try await withClient(of: registry, configure: breaker, now: { clock.now }) { client in
                try await open(client)
                clock.advance(by: .seconds(31))
                registry.inject(.hang(), on: .init("GET"), uses: 1)
                let probe = Task { try await client.manifest(try name(), try tag()) }
                try await registry.requests.wait(for: .init("GET"))
                probe.cancel()
                _ = await probe.result
                _ = try await client.manifest(try name(), try tag())
            }
        }
    }

    @Test(
        "refusals do not open it, nor a 429, which has a cool-down of its own",
        arguments: [401, 403, 404, 405, 429, 501])
    func refusals(status: Int) async throws {
        try await withImage { registry in
            registry.inject(.respond(status: status), on: .init("GET", "/manifests/"))
            try await withClient(of: registry, configure: breaker) { client in
                for _ in 0..<5 {
                    _ = try await errorKind { try await client.manifest(try name(), try tag()) }
                }
                #expect(client.endpointSnapshots.map(\.isSuspended) == [false])
            }
            let asked = registry.requests.count("GET", "/manifests/")
            #expect(status == 429 ? asked == 1 : asked >= 5)
        }
    }

    @Test("a broken object storage is not the registry's failure")
    func storage() async throws {
        try await withImage { registry in
            try await ScriptedRegistry.with { storage in
                registry.redirectBlobs(to: storage)
                storage.inject(.respond(status: 503), on: .init())
                let digest = Digest.sha256(of: image.blobs[0])
                try await withClient(of: registry, configure: breaker) { client in
                    for _ in 0..<5 {
                        _ = try await errorKind { try await client.blob(try name(), digest) }
                    }
                    #expect(client.endpointSnapshots.map(\.isSuspended) == [false])
                }
                #expect(storage.requests.all.count == 5)
            }
        }
    }

    @Test("a token server that is down opens the circuit")
    func tokenServer() async throws {
        try await withImage { registry in
            try await ScriptedRegistry.with { tokens in
                registry.requireToken(TokenAuthority(), from: tokens)
                tokens.inject(.respond(status: 503), on: .init())
                try await withClient(of: registry, configure: breaker) { client in
                    for _ in 0..<5 {
                        _ = try await errorKind { try await client.manifest(try name(), try tag()) }
                    }
                }
                #expect(tokens.requests.all.count == 2)
            }
        }
    }

    @Test("of several endpoints only the one that fails is left out, and is no proof of absence")
    func others() async throws {
        try await withImage { origin in
            try await ScriptedRegistry.with { mirror in
                origin.inject(.respond(status: 503), on: .init())
                try await withClient(of: mirror, origin) {
                    breaker(&$0)
                    $0.endpoints[0].resolves = false
                } _: { client in
                    try await open(client)
                    let digest = Digest.sha256(of: image.blobs[0])
                    let kind = try await errorKind { try await client.blob(try name(), digest) }
                    if case .suspended = kind {} else { Issue.record("\(kind)") }
                    mirror.add(repository: repository, image: image)
                    let response = try await client.blob(try name(), digest)
                    #expect(try await response.bytes() == image.blobs[0])
                }
                #expect(origin.requests.all.count == 2)
                #expect(mirror.requests.all.count == 2)
            }
        }
    }

    @Test("opening and closing are told once each")
    func logging() async throws {
        let clock = ManualClock()
        let lines = LogLines()
        let endpoint = Endpoint(
            EndpointSettings(url: try #require(EndpointURL("https://a.example"))),
            breaker: BreakerSettings(failures: 2, openFor: .seconds(30)),
            logger: Logger(label: "test") { _ in lines }, now: { clock.now })
        let failure = UpstreamError(upstream: "u", kind: .unreachable, message: "no answer")
        for _ in 0..<4 { endpoint.failed(failure) }
        clock.advance(by: .seconds(31))
        #expect(endpoint.admit() == .probe)
        endpoint.failed(failure)
        clock.advance(by: .seconds(61))
        #expect(endpoint.admit() == .probe)
        for _ in 0..<3 { endpoint.succeeded() }
        #expect(
            lines.all.map(\.message) == [
                "endpoint is not asked for a while", "endpoint answers again",
            ])
        #expect(lines.all.map(\.level) == [.notice, .notice])
        #expect(lines.all.first?.metadata["failure"] == "no answer")
        #expect(lines.all.last?.metadata["failed_for_seconds"] == "92")
    }
}

/// Keeps what is logged.
private final class LogLines: LogHandler {
    typealias Line = (level: Logger.Level, message: String, metadata: Logger.Metadata)

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock {
            $0.append((event.level, "\(event.message)", event.metadata ?? [:]))
        }
    }
}
