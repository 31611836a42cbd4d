/// Pulls over TLS: what is served over plain HTTP is served here, by both paths.
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("TLS", .timeLimit(.minutes(5)))
struct TLSTests {
    private let image = SyntheticImage(seed: 31, layerSizes: [3_000_000])
    private let tagPath = "/v2/lab.local/app/manifests/1"
    private var layer: Digest { image.layerDigests[0] }
    private var layerPath: String { "/v2/lab.local/app/blobs/\(layer)" }

    private func content(_ registry: ScriptedRegistry) {
        registry.add(repository: "app", image: image, tags: ["1"])
    }

    @Test("cold and warm: manifests, blobs whole and in part, HEAD and GET, byte for byte")
    func pulls() async throws {
        try await TLSFixture.withLarder(content) { larder, registry, _ in
            larder.expectRepeatedDownloads(of: [layer])
            for _ in 0..<3 {
                try await larder.pull(image, tag: "1")
                let part = try await larder.request(
                    .GET, layerPath, [("Range", "bytes=1000000-2500000")])
                #expect(part.status == 206)
                #expect(part.body == Array(image.layers[0][1_000_000...2_500_000]))
                let head = try await larder.request(.HEAD, layerPath)
                #expect(head.headers.first(name: "Content-Length") == "3000000")
            }
            #expect(registry.requests.count("GET", "/blobs/\(layer)") == 1)
        }
    }

    @Test("the fast path answers manifests and blobs", .enabled(if: TestLarder.fastPath))
    func fastPath() async throws {
        try await TLSFixture.withLarder(content) { larder, _, _ in
            larder.expectRepeatedDownloads(of: [layer])
            try await larder.pull(image, tag: "1")
            for path in [tagPath, layerPath] { _ = try await larder.request(.GET, path) }
            let before = larder.services.hotObjects.answered
            #expect(try await larder.request(.GET, tagPath).body == image.manifest)
            #expect(try await larder.request(.GET, layerPath).body == image.layers[0])
            let part = try await larder.request(.GET, layerPath, [("Range", "bytes=5-70000")])
            #expect(part.body == Array(image.layers[0][5...70000]))
            #expect(larder.services.hotObjects.answered == before + 3)
        }
    }

    @Test("R13, R14: two readers follow one fill, their first bytes while it runs")
    func growing() async throws {
        try await TLSFixture.withLarder(content) { larder, registry, _ in
            registry.inject(.stall(after: 900_000), on: RequestMatcher("GET", "/blobs/"))
            let responses = [
                try await larder.start(.GET, layerPath), try await larder.start(.GET, layerPath),
            ]
            var iterators = responses.map { $0.body.makeAsyncIterator() }
            var bodies: [[UInt8]] = [[], []]
            for index in iterators.indices {
                bodies[index] += try #require(try await iterators[index].next()).readableBytesView
            }
            registry.release("stall")
            for index in iterators.indices {
                while let part = try await iterators[index].next() {
                    bodies[index] += part.readableBytesView
                }
            }
            #expect(bodies == [image.layers[0], image.layers[0]])
            #expect(registry.requests.count("GET", "/blobs/") == 1)
        }
    }

    @Test("R1: wrong bytes never complete")
    func wrongBytes() async throws {
        try await TLSFixture.withLarder(content) { larder, registry, _ in
            registry.inject(.corrupt(at: 1_000_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            registry.inject(.stall(after: 500_000), on: RequestMatcher("GET", "/blobs/"), uses: 1)
            let response = try await larder.start(.GET, layerPath)
            registry.release("stall")
            await #expect(throws: (any Error).self) {
                _ = try await response.body.collect(upTo: image.layers[0].count)
            }
            let again = try await larder.request(.GET, layerPath)
            #expect(again.body == image.layers[0])
        }
    }

    @Test("pipelined requests on one connection are answered in their order")
    func pipelined() async throws {
        try await TLSFixture.withLarder(content) { larder, _, _ in
            larder.expectRepeatedDownloads(of: [layer])
            try await larder.pull(image, tag: "1")
            let requests = [layerPath, "/v2/lab.local/app/tags/list", tagPath, layerPath].map {
                "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n"
            }
            let answer = try await TLSExchange.run(
                port: larder.port,
                requests.joined()
                    + "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            var responses = RawResponses(answer)
            var bodies: [[UInt8]] = []
            while let response = responses.next() {
                #expect(response.status == 200)
                bodies.append(response.body)
            }
            try #require(bodies.count == 5)
            bodies.remove(at: 1)
            #expect(
                bodies == [
                    image.layers[0], image.manifest, image.layers[0], Array("ok\n".utf8),
                ])
        }
    }

    @Test("pages name Larder by https, and by http at the plain listener beside it")
    func scheme() async throws {
        try await TLSFixture.withLarder(
            change: { $0.listenPlain = [ListenAddress(host: "127.0.0.1", port: 0)] }
        ) { larder, _, _ in
            let page = [("Accept", "text/html")]
            let secure = String(
                decoding: try await larder.request(.GET, "/", page).body, as: UTF8.self)
            #expect(secure.contains("https://127.0.0.1:\(larder.port)"))
            #expect(!secure.contains("insecure"))
            let port = try #require(larder.plainPort)
            let plain = try await RawExchange.run(
                port: port,
                "GET / HTTP/1.1\r\nHost: h:1\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
            #expect(String(decoding: plain, as: UTF8.self).contains("http://h:1"))
        }
    }

    @Test("what speaks plain HTTP to it, or an old version, gets no answer")
    func otherProtocols() async throws {
        try await TLSFixture.withLarder { larder, _, _ in
            let bytes = try await RawExchange.run(
                port: larder.port, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(!String(decoding: bytes, as: UTF8.self).contains("HTTP/1.1 200"))
            var old = TLSConfiguration.trustingTests()
            old.minimumTLSVersion = .tlsv1
            old.maximumTLSVersion = .tlsv11
            await #expect(throws: (any Error).self) {
                _ = try await larder.request(.GET, "/healthz", tls: old)
            }
            #expect(try await larder.request(.GET, "/healthz").status == 200)
        }
    }

    // MARK: Client certificates

    @Test("where client certificates are required, nobody is served without a good one")
    func requiredIdentity() async throws {
        try await TLSFixture.withLarder(change: { configuration in
            configuration.tls.clientCA = configuration.tls.certificate.map { path in
                String(path.dropLast("larder.crt".count)) + "clients.crt"
            }
        }) { larder, _, _ in
            let known = TLSConfiguration.trustingTests(identity: TestCertificates.client)
            #expect(try await larder.request(.GET, "/healthz", tls: known).status == 200)
            await #expect(throws: (any Error).self) {
                _ = try await larder.request(.GET, "/healthz")
            }
            let made = try SelfSignedCertificate(hosts: ["c"], days: 1, now: Int64(time(nil)))
            let stranger = TLSConfiguration.trustingTests(
                identity: .init(certificate: made.certificate, key: made.key))
            await #expect(throws: (any Error).self) {
                _ = try await larder.request(.GET, "/healthz", tls: stranger)
            }
        }
    }

    @Test("where they are requested, clients may have none, but no wrong one")
    func requestedIdentity() async throws {
        try await TLSFixture.withLarder(change: { configuration in
            configuration.tls.clientCertificates = .request
            configuration.tls.clientCA = configuration.tls.certificate.map { path in
                String(path.dropLast("larder.crt".count)) + "clients.crt"
            }
        }) { larder, _, _ in
            #expect(try await larder.request(.GET, "/healthz").status == 200)
            let made = try SelfSignedCertificate(hosts: ["c"], days: 1, now: Int64(time(nil)))
            let stranger = TLSConfiguration.trustingTests(
                identity: .init(certificate: made.certificate, key: made.key))
            await #expect(throws: (any Error).self) {
                _ = try await larder.request(.GET, "/healthz", tls: stranger)
            }
        }
    }
}
