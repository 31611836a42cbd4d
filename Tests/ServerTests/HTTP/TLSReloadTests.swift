/// Certificates that change while they are in use, and those that cannot be used.
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Certificates", .timeLimit(.minutes(5)))
struct TLSReloadTests {
    private let blob = SeededBytes.make(count: 20_000_000, seed: 91)
    private var path: String { "/v2/lab.local/app/blobs/\(Digest.sha256(of: blob))" }

    private func pair(_ hosts: [String] = ["localhost"], days: Int = 30) throws
        -> TestCertificates.Pair
    {
        let made = try SelfSignedCertificate(
            hosts: hosts, days: days, now: Int64(Date.now.timeIntervalSince1970))
        return .init(certificate: made.certificate, key: made.key)
    }

    private func trust(_ pair: TestCertificates.Pair) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8)))
        return configuration
    }

    private let request = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    @Test("new connections get the new certificate, and a download goes on under the old one")
    func exchanged() async throws {
        try await TLSFixture.withLarder(
            { $0.add(repository: "app", blob: blob) }
        ) { larder, registry, files in
            registry.inject(.stall(after: 1_000_000), on: RequestMatcher("GET", "/blobs/"))
            let running = try await larder.start(.GET, path)
            let next = try pair()
            try files.write(next)
            await larder.certificates?.reload()
            let answer = try await TLSExchange.run(
                port: larder.port, request, tls: try trust(next))
            #expect(answer.starts(with: Array("HTTP/1.1 200".utf8)))
            registry.release("stall")
            let body = try await running.body.collect(upTo: 1 << 30)
            #expect(Array(body.readableBytesView) == blob)
        }
    }

    @Test("a certificate that cannot be used changes nothing until it is mended")
    func unusable() async throws {
        try await TLSFixture.withLarder { larder, _, files in
            let next = try pair()
            _ = try files.directory.write(next.certificate, as: "larder.crt")
            await larder.certificates?.reload()
            #expect(try await TLSExchange.run(port: larder.port, request).count > 0)
            _ = try files.directory.write(next.key, as: "larder.key")
            await larder.certificates?.reload()
            await #expect(throws: (any Error).self) {
                _ = try await TLSExchange.run(port: larder.port, request)
            }
            let answer = try await TLSExchange.run(
                port: larder.port, request, tls: try trust(next))
            #expect(answer.starts(with: Array("HTTP/1.1 200".utf8)))
            try FileManager.default.removeItem(atPath: files.key)
            await larder.certificates?.reload()
            #expect(
                try await TLSExchange.run(port: larder.port, request, tls: try trust(next))
                    .count > 0)
        }
    }

    @Test("what cannot be used at the start names the key and the file")
    func start() throws {
        let files = try TLSFixture()
        var settings = TLSSettings(certificate: files.certificate, key: files.key)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        func problem() throws -> TLSProblem? {
            #expect(throws: TLSProblem.self) {
                _ = try TLSCertificates(
                    settings, files: try #require(settings.files), logger: logger)
            }
        }
        _ = try TLSCertificates(settings, files: try #require(settings.files), logger: logger)
        _ = try files.directory.write(TestCertificates.client.key, as: "larder.key")
        #expect(
            try problem()?.description
                == "the key in \(files.key) is not that of \(files.certificate)")
        _ = try files.directory.write("no key", as: "larder.key")
        #expect(try problem()?.key == .key)
        try FileManager.default.removeItem(atPath: files.key)
        #expect(
            try problem()?.description
                == "\(files.key) cannot be read: No such file or directory")
        try files.write(TestCertificates.server)
        settings.clientCA = files.key
        #expect(try problem()?.key == .clientCA)
        settings.clientCA = nil
        _ = try files.directory.write("no certificate", as: "larder.crt")
        #expect(try problem()?.key == .certificate)
    }
}
