// Clients for the tests, and the error a call is expected to end with.
import Logging
import NIOCore
import NIOPosix
import OCI
import Synchronization
import TestKit
import Testing
import Upstream

/// Runs `body` with a client of an upstream with those endpoints whose transport is shut down afterwards.
func withClient<Result>(
    of registries: ScriptedRegistry..., isolation: isolated (any Actor)? = #isolation,
    configure: (inout UpstreamSettings) -> Void = { _ in },
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    lookUp: HostLookup? = nil,
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    var settings = UpstreamSettings(
        name: "scripted",
        endpoints: try registries.map {
            EndpointSettings(url: try #require(EndpointURL($0.url)))
        }, allowHTTP: true, allowPrivateAddresses: true)
    configure(&settings)
    let http = HTTPTransport(
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, userAgent: "larder/test",
        lookUp: lookUp)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let client = RegistryClient(settings: settings, http: http, logger: logger, now: now)
    do {
        let result = try await body(client)
        try await http.shutdown()
        return result
    } catch {
        try await http.shutdown()
        throw error
    }
}

/// The kind of ``UpstreamError`` that `body` throws.
func errorKind<Result>(
    isolation: isolated (any Actor)? = #isolation,
    sourceLocation: SourceLocation = #_sourceLocation,
    of body: () async throws -> Result
) async throws -> UpstreamError.Kind {
    do {
        _ = try await body()
    } catch let error as UpstreamError {
        return error.kind
    }
    Issue.record("no error", sourceLocation: sourceLocation)
    throw NoError()
}

struct NoError: Error {}

extension BlobResponse {
    /// The whole body.
    func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body { bytes.append(contentsOf: chunk.readableBytesView) }
        return bytes
    }
}

let repository = "library/app"

func name() throws -> RepositoryName { try RepositoryName(repository) }
func tag(_ text: String = "latest") throws -> Reference { .tag(try Tag(text)) }

/// A clock that tests move by hand.
final class ManualClock: Sendable {
    private let start = ContinuousClock.now
    private let offset = Mutex(Duration.zero)

    var now: ContinuousClock.Instant { start + offset.withLock { $0 } }

    func advance(by duration: Duration) {
        offset.withLock { $0 += duration }
    }
}
