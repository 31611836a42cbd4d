/// A Larder that speaks TLS, with its certificate in files that a test may exchange.
import NIOSSL
import OCI
import TestKit
import Testing

@testable import Server

struct TLSFixture: Sendable {
    let directory: TemporaryDirectory
    var certificate: String { directory.file("larder.crt") }
    var key: String { directory.file("larder.key") }
    var clientCA: String { directory.file("clients.crt") }

    init() throws {
        directory = try TemporaryDirectory()
        _ = try directory.write(TestCertificates.authority, as: "clients.crt")
        try write(TestCertificates.server)
    }

    func write(_ pair: TestCertificates.Pair) throws {
        _ = try directory.write(pair.certificate, as: "larder.crt")
        _ = try directory.write(pair.key, as: "larder.key")
    }

    /// As `withLarder`, over TLS.
    static func withLarder(
        _ content: (ScriptedRegistry) -> Void = { _ in },
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry, TLSFixture) async throws -> Void
    ) async throws {
        let files = try TLSFixture()
        try await ScriptedRegistry.with { registry in
            content(registry)
            try await TestLarder.with(
                registry,
                change: { configuration in
                    configuration.tls.certificate = files.certificate
                    configuration.tls.key = files.key
                    change(&configuration)
                }
            ) { try await body($0, registry, files) }
        }
    }
}
