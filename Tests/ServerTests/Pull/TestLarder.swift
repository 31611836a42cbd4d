/// Larder within the test process, in front of a scripted registry.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

/// One response, read to its end.
struct TestResponse {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
}

/// Runs `body` with a registry that holds what `content` adds to it, and a Larder before it.
func withLarder(
    _ content: (ScriptedRegistry) -> Void, change: (inout Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
) async throws {
    try await ScriptedRegistry.with { registry in
        content(registry)
        try await TestLarder.with(registry, change: change) { try await body($0, registry) }
    }
}

/// A server on a free port with `lab.local` and `docker.io` both at the registry.
final class TestLarder: Sendable {
    let port: Int
    /// Of `listen_plain`; nil where there is none.
    let plainPort: Int?
    /// Of `admin.listen`; nil where there is none, or a socket.
    let adminPort: Int?
    /// How requests are made where it speaks TLS; nil for plain HTTP.
    let tls: TLSConfiguration?
    let certificates: TLSCertificates?
    let services: PullServices
    let registries: CurrentRegistries
    var store: Store { services.store }

    private init(_ ports: [Composition.Listener: Int], _ parts: Composition) {
        port = ports[.main] ?? 0
        plainPort = ports[.plain]
        adminPort = ports[.admin]
        certificates = parts.tls?.certificates
        tls = parts.tls == nil ? nil : .trustingTests()
        services = parts.services
        registries = parts.registries
    }

    /// Whether the suite runs with the fast path, as it does by default: the environment decides.
    static let fastPath = ProcessInfo.processInfo.environment["LARDER_TEST_FAST_PATH"] != "off"

    var url: String { "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

    static func configuration(
        for registry: ScriptedRegistry, data: String
    ) throws -> Configuration {
        var configuration = Configuration()
        configuration.dataDirectory = data
        configuration.fastPath = fastPath
        for name in ["docker.io", "lab.local"] {
            var upstream = UpstreamConfiguration(
                name: name, url: try #require(EndpointURL(registry.url)))
            upstream.allowHTTP = true
            upstream.allowPrivateAddresses = true
            // An upstream may be as slow as the machine is.
            upstream.timeouts.idle = .seconds(30)
            upstream.timeouts.responseHeader = .seconds(60)
            configuration.upstreams[name] = upstream
        }
        return configuration
    }

    /// Runs `body` against a fresh Larder with a data directory of its own.
    static func with(
        _ registry: ScriptedRegistry, change: (inout Configuration) -> Void = { _ in },
        _ body: @Sendable (TestLarder) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try await with(registry, data: directory.file("data"), change: change, body)
    }

    /// Runs `body` against a Larder with the data directory `data`, which stays.
    static func with(
        _ registry: ScriptedRegistry, data: String,
        change: (inout Configuration) -> Void = { _ in },
        _ body: @Sendable (TestLarder) async throws -> Void
    ) async throws {
        var configuration = try configuration(for: registry, data: data)
        change(&configuration)
        configuration.listen = [ListenAddress(host: "127.0.0.1", port: 0)]
        let quiet = LoggingSetup(LogSettings(level: .critical))
        try await Composition.with(configuration, logging: quiet) { parts in
            let listeners: [Composition.Listener?] = [
                .main, configuration.listenPlain.isEmpty ? nil : .plain,
                configuration.admin.listen == nil ? nil : .admin,
            ]
            let promises = Dictionary(
                uniqueKeysWithValues: listeners.compactMap(\.self).map { ($0, Promise<Int?>()) })
            let serving = Task {
                try await parts.serve { channel, listener in
                    promises[listener]?.keep(.success(channel.localAddress?.port))
                }
            }
            var ports: [Composition.Listener: Int] = [:]
            for (listener, port) in promises { ports[listener] = try await port.value }
            let larder = TestLarder(ports, parts)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(larder))
            } catch {
                result = .failure(error)
            }
            serving.cancel()
            _ = try? await serving.value
            try result.get()
        }
    }

    /// Waits until a blob that was fetched is in the index.
    func waitUntilStored(_ digest: Digest, in repository: String) async throws {
        let key = try key(of: repository)
        while try await store.knowledge(of: digest, in: key).blob == nil { await shortPause() }
    }

    func request(
        _ method: HTTPMethod = .GET, _ path: String, _ headers: [(String, String)] = [],
        tls: TLSConfiguration? = nil
    ) async throws -> TestResponse {
        let response = try await start(method, path, headers, tls: tls)
        let body = try await response.body.collect(upTo: 1 << 30)
        return TestResponse(
            status: Int(response.status.code), headers: response.headers,
            body: Array(body.readableBytesView))
    }

    /// The response as soon as its head is there.
    func start(
        _ method: HTTPMethod = .GET, _ path: String, _ headers: [(String, String)] = [],
        tls: TLSConfiguration? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.tlsConfiguration = tls ?? self.tls
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    /// Waits until a tag that was fetched is in the index: responses do not wait for it.
    func waitUntilStored(
        _ tag: String, in repository: String, of upstream: String = "lab.local"
    ) async throws {
        let key = try key(of: repository, of: upstream)
        while try await store.tag(Tag(tag), in: key) == nil { await shortPause() }
    }

    /// Waits until a blob that was fetched is in the index.
    func waitUntilStored(_ digest: Digest) async throws {
        while try await !isStored(digest) { await shortPause() }
    }

    func isStored(_ digest: Digest) async throws -> Bool {
        try await store.reader.read { try $0.blob(digest) } != nil
    }

    /// Waits until the last reader of what was not kept has let go of it.
    func waitUntilNothingIsUsed() async throws {
        while store.budget.state.used > 0 { await shortPause() }
    }

    /// Moves the time at which a tag was verified, as a clock that jumped would have.
    func setVerification(of tag: String, in repository: String, to time: Int64) async throws {
        let key = try key(of: repository)
        let name = try Tag(tag)
        let record = try #require(try await store.tag(name, in: key))
        try await store.writer.perform {
            try $0.setTag(name, in: key, to: record.digest, verifiedAt: time)
        }
        store.changes.tag(name, in: key)
    }

    /// Has a tag been verified so many seconds ago.
    func setAge(of tag: String, in repository: String, to seconds: Int64) async throws {
        try await setVerification(of: tag, in: repository, to: store.clock.now() - seconds)
    }

    /// Waits until a tag that was verified long ago is verified.
    func waitUntilVerified(_ tag: String, in repository: String) async throws {
        let (name, key) = (try Tag(tag), try key(of: repository))
        while true {
            let record = try #require(try await store.tag(name, in: key))
            if store.clock.now() - record.verifiedAt < 600 { return }
            await shortPause()
        }
    }

    private func key(
        of repository: String, of upstream: String = "lab.local"
    ) throws -> RepositoryKey {
        RepositoryKey(upstream: upstream, repository: try RepositoryName(repository))
    }
}

// MARK: The store

extension TestLarder {
    /// Keeps whole downloads by the test from having the blobs verified, as downloads that one
    /// client repeats do (R5).
    func expectRepeatedDownloads(of digests: [Digest]) {
        for digest in digests {
            for _ in 0..<2 {
                _ = services.repeatedDownloads.isSuspicious(digest, by: "127.0.0.1")
            }
        }
    }

    /// Names of what is in `fills/`.
    var fills: [String] { DataDirectory.names(in: store.directory.fills) }

    /// The first column of every row.
    func texts(_ sql: String) async throws -> [String] {
        try await store.reports.read { try $0.all(sql) { $0.text(0) ?? "NULL" } }
    }

    /// Has everything been stored and used so many seconds earlier.
    func age(by seconds: Int64) async throws {
        await store.flushAccounts()
        try await store.writer.perform { database in
            for (table, column) in [
                ("access", "accessed_at"), ("orphan", "accessed_at"), ("manifest", "used_at"),
            ] { try database.execute("UPDATE \(table) SET \(column) = \(column) - \(seconds)") }
        }
    }

    /// What is counted of `lab.local` once so many requests are: an answer is counted when it
    /// has ended, which the client need not wait for.
    func traffic(requests: Int64) async throws -> Traffic {
        let columns = Traffic.columns.map(\.name).joined(separator: ", ")
        while true {
            await store.flushAccounts()
            let traffic = try await store.reports.read { database in
                try database.first(
                    """
                    SELECT \(columns) FROM upstream_traffic
                    JOIN upstream ON id = upstream_id WHERE name = 'lab.local'
                    """
                ) { Traffic($0, from: 0) }
            }
            if let traffic, traffic.requests >= requests { return traffic }
            await shortPause()
        }
    }
}

extension Configuration {
    /// A budget that does not depend on what else is on the file system; nothing is too young.
    mutating func setBudget(_ bytes: Int64) {
        cache.maxSize = .bytes(ByteCount(bytes))
        cache.minFree = .bytes(ByteCount(0))
        eviction.minAge = .zero
    }
}
