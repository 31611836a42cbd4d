import TestKit
import Testing

@testable import Server

struct TLSConfigurationTests {
    private static let files = [
        "/larder.crt": TestCertificates.server.certificate,
        "/larder.key": TestCertificates.server.key,
        "/other.key": TestCertificates.client.key,
        "/ca.crt": TestCertificates.authority,
        "/empty": "nothing",
    ]

    @Test(arguments: [
        ("tls: {certificate: /larder.crt}", "tls.certificate: tls.key is missing beside it"),
        ("tls: {key: /larder.key}", "tls.key: tls.certificate is missing beside it"),
        (
            "tls: {client_ca: /ca.crt}",
            "tls.client_ca: tls.certificate and tls.key are missing beside it"
        ),
        ("listen_plain: 127.0.0.1:5001", "listen_plain: stands beside tls; without it, use listen"),
        (
            "listen_plain: 0.0.0.0:5001",
            "listen_plain: expected an address of this machine alone, as 127.0.0.1:5001"
        ),
        (
            "tls: {certificate: /nowhere, key: /larder.key}",
            "tls.certificate: /nowhere cannot be read: No such file or directory"
        ),
        (
            "tls: {certificate: /empty, key: /larder.key}",
            "tls.certificate: /empty holds no PEM certificate"
        ),
        (
            "tls: {certificate: /larder.crt, key: /empty}",
            "tls.key: /empty holds no PEM key without a passphrase"
        ),
        (
            "tls: {certificate: /larder.crt, key: /other.key}",
            "tls.key: the key in /other.key is not that of /larder.crt"
        ),
        (
            "tls: {certificate: /larder.crt, key: /larder.key, client_ca: /empty}",
            "tls.client_ca: /empty holds no PEM certificate"
        ),
        (
            "tls: {client_certificates: maybe}",
            "tls.client_certificates: expected require or request, not"
        ),
        ("tls: {min_version: 1.1}", "tls.min_version: expected 1.2 or 1.3, not"),
        (
            "tls: {cert: /larder.crt}",
            "tls.cert: unknown key \"cert\"; known here: certificate, key"
        ),
        ("connections: {max: 0}", "connections.max: expected auto or a whole number from 1"),
        (
            "connections: {header_timeout: 0s}",
            "connections.header_timeout: expected a duration above zero"
        ),
    ])
    func `what cannot be served with is refused`(yaml: String, problem: String) {
        let problems = ConfigurationFixture.problems(yaml, files: Self.files)
        #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
    }

    @Test func `a certificate with its key is taken`() throws {
        let loaded = try ConfigurationFixture.load(
            """
            listen_plain: ["127.0.0.1:5001", "[::1]:5001"]
            tls: {certificate: /larder.crt, key: /larder.key, client_ca: /ca.crt, min_version: 1.3}
            connections: {max: 100}
            """, files: Self.files)
        #expect(loaded.warnings == [])
        #expect(loaded.configuration.tls.minimumVersion == .tls13)
        #expect(loaded.configuration.connections.maximum == .count(100))
    }

    @Test(arguments: [
        (UInt64(4_102_444_800) * 2, "expired at 2126-11-02T03:28:24Z"),
        (1_600_000_000, "is not valid before 2026-11-26T03:28:24Z"),
    ])
    func `a certificate out of its time is warned of`(now: UInt64, text: String) throws {
        var system = ConfigurationFixture.system(
            files: Self.files.merging(
                ["larder.yaml": "tls: {certificate: /larder.crt, key: /larder.key}"]
            ) { one, _ in one })
        system.now = { Int64(now) }
        let loaded = try Configuration.load(file: "larder.yaml", system: system)
        #expect(loaded.warnings == ["tls.certificate: the certificate in /larder.crt \(text)"])
    }

    @Test func `another file needs a restart, another limit does not`() throws {
        let one = try ConfigurationFixture.load(files: Self.files).configuration
        let other = try ConfigurationFixture.load(
            """
            tls: {certificate: /larder.crt, key: /larder.key}
            connections: {max: 5}
            """, files: Self.files
        ).configuration
        let change = ConfigurationChange.between(one, other)
        #expect(change.live == ["connections.max"])
        #expect(change.needsRestart == ["tls.certificate", "tls.key"])
    }
}
