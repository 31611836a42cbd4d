// `larder cert`
import ArgumentParser
import Foundation
import NIOSSL
import TestKit
import Testing

@testable import Server

struct CertificateCommandTests {
    private func command(_ arguments: String...) throws -> CertificateCommand {
        try #require(try CertificateCommand.parseAsRoot(arguments) as? CertificateCommand)
    }

    @Test("certificate and key fit each other, and name the hosts")
    func made() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let now = Int64(Date.now.timeIntervalSince1970)
        let files = try command(
            "--self-signed", directory.file("tls"), "--host", "cache.lan", "--host", "10.1.2.3",
            "--days", "30"
        ).write(now: now)
        let settings = TLSSettings(certificate: files.certificate, key: files.key)
        let identity = try TLSIdentity(settings, TLSContents(try #require(settings.files)))
        #expect(identity.notAfter == now + 30 * 86_400)
        #expect(identity.expiryWarning(at: now, file: files.certificate) == nil)
        let certificate = try #require(try NIOSSLCertificate.fromPEMFile(files.certificate).first)
        let names = certificate._subjectAlternativeNames().map { name in
            Array(name.contents)
        }
        #expect(
            names == [
                Array("cache.lan".utf8), [10, 1, 2, 3], Array("localhost".utf8), [127, 0, 0, 1],
                Array(repeating: 0, count: 15) + [1],
            ])
        let mode = try FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        for line in ["  certificate: \(files.certificate)", "  key: \(files.key)"] {
            #expect(files.advice.contains(line))
        }
        #expect(files.advice.contains("/etc/docker/certs.d/cache.lan:5000/ca.crt"))
    }

    @Test("what is there already stays")
    func existing() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let key = try directory.write("precious", as: "larder.key")
        #expect(throws: CertificateFiles.Failure.self) {
            try command("--self-signed", directory.path).write(now: 2_000_000_000)
        }
        #expect(try String(contentsOfFile: key, encoding: .utf8) == "precious")
        #expect(!FileManager.default.fileExists(atPath: directory.file("larder.crt")))
    }

    @Test(
        "wrong usage is refused",
        arguments: [
            [], ["--self-signed", "d", "--host", "cache.lan:5000"],
            ["--self-signed", "d", "--days", "0"], ["--self-signed", "d", "--days", "4000"],
        ])
    func usage(arguments: [String]) {
        #expect(throws: (any Error).self) { try CertificateCommand.parseAsRoot(arguments) }
    }
}
