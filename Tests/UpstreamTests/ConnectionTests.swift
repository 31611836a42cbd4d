// How an endpoint is connected to: kind of address, authorities, client certificate.
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Upstream connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let image = SyntheticImage(seed: 22)

    private func identity() throws -> ClientIdentity {
        try ClientIdentity(
            certificates: Array(TestCertificates.client.certificate.utf8),
            key: Array(TestCertificates.client.key.utf8))
    }

    @Test(
        "where no address of the preferred kind can be connected to, another one is",
        arguments: AddressPreference.allCases)
    func addresses(preference: AddressPreference) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await withClient(of: registry) {
                $0.addresses = preference
            } _: { client in
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(registry.connectionCount == 1)
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("a server's certificate is judged by the authorities given, and shown a client's one")
    func mutual() async throws {
        let directory = try TemporaryDirectory()
        let authority = try directory.write(TestCertificates.authority, as: "ca.pem")
        let identity = try identity()
        try await ScriptedRegistry.with(tls: .mutual) { registry in
            registry.add(repository: repository, image: image)
            let cases: [(file: String?, shown: ClientIdentity?)] = [
                (authority, nil), (nil, identity), (authority, identity),
            ]
            for (file, shown) in cases {
                try await withClient(of: registry) {
                    $0.caFile = file
                    $0.clientIdentity = shown
                } _: { client in
                    if file != nil && shown != nil {
                        _ = try await client.manifest(try name(), try tag())
                    } else {
                        let kind = try await errorKind {
                            try await client.manifest(try name(), try tag())
                        }
                        #expect(kind == .unreachable)
                    }
                }
            }
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("the client certificate is not shown to what an endpoint redirects to")
    func redirected() async throws {
        let directory = try TemporaryDirectory()
        let authority = try directory.write(TestCertificates.authority, as: "ca.pem")
        let identity = try identity()
        try await ScriptedRegistry.with(tls: .mutual) { registry in
            try await ScriptedRegistry.with(tls: .mutual) { storage in
                let digest = registry.add(repository: repository, blob: [1, 2, 3])
                registry.redirectBlobs(to: storage)
                try await withClient(of: registry) {
                    $0.caFile = authority
                    $0.clientIdentity = identity
                } _: { client in
                    let kind = try await errorKind { try await client.blob(try name(), digest) }
                    #expect(kind == .unreachable)
                }
                #expect(registry.requests.all.count == 1)
                #expect(storage.requests.all.isEmpty)
            }
        }
    }

    @Test("the identity is not shown where it is printed")
    func redacted() throws {
        let identity = try identity()
        #expect("\(identity) \(String(reflecting: identity))" == "<redacted> <redacted>")
    }
}
