// Egress through a proxy, and what goes without it.
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Egress proxy", .timeLimit(.minutes(1)))
struct ProxyTests {
    private let image = SyntheticImage(seed: 21)

    private func withProxy(
        credential: String? = nil, tls: TestTLS? = nil,
        _ body: (ConnectProxy, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ConnectProxy.with(credential: credential) { proxy in
            try await ScriptedRegistry.with(tls: tls) { registry in
                registry.add(repository: repository, image: image)
                try await body(proxy, registry)
            }
        }
    }

    private func settings(
        _ proxy: ConnectProxy, _ credential: Credential? = nil, except: [String] = []
    ) -> ProxySettings {
        ProxySettings(
            server: .init(host: "127.0.0.1", port: proxy.port, credential: credential),
            exceptions: except.compactMap(ProxyException.init))
    }

    @Test("plain http goes by CONNECT, the connection is kept")
    func plain() async throws {
        try await withProxy { proxy, registry in
            try await withClient(of: registry) {
                $0.proxy = settings(proxy)
            } _: { client in
                for _ in 0..<3 { _ = try await client.manifest(try name(), try tag()) }
            }
            #expect(proxy.targets == ["127.0.0.1:\(registry.port)"])
            #expect(registry.requests.all.count == 3)
        }
    }

    @Test("https goes by CONNECT, its certificate judged by the registry's name")
    func secure() async throws {
        let directory = try TemporaryDirectory()
        let authority = try directory.write(TestCertificates.authority, as: "ca.pem")
        try await withProxy(tls: .server) { proxy, registry in
            try await withClient(of: registry) {
                $0.proxy = settings(proxy)
                $0.caFile = authority
            } _: { client in
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(proxy.targets == ["localhost:\(registry.port)"])
        }
    }

    @Test("the proxy is signed in to by Basic; the registry sees nothing of it")
    func credentials() async throws {
        try await withProxy(credential: "larder:s3cret") { proxy, registry in
            let good = Credential(username: "larder", password: Secret("s3cret"))
            try await withClient(of: registry) {
                $0.proxy = settings(proxy, good)
            } _: { client in
                _ = try await client.manifest(try name(), try tag())
            }
            let headers = registry.requests.all.flatMap(\.headers).map { $0.name.lowercased() }
            #expect(!headers.contains("proxy-authorization"))
            let calls = registry.requests.all.count
            let bad = Credential(username: "larder", password: Secret("wrong"))
            try await withClient(of: registry) {
                $0.proxy = settings(proxy, bad)
            } _: { client in
                let kind = try await errorKind { try await client.manifest(try name(), try tag()) }
                #expect(kind == .unreachable)
            }
            #expect(proxy.refusalCount > 0)
            #expect(registry.requests.all.count == calls)
        }
    }

    @Test("an exception goes directly", arguments: ["127.0.0.1", "127.0.0.0/8"])
    func exception(text: String) async throws {
        try await withProxy { proxy, registry in
            try await withClient(of: registry) {
                $0.proxy = settings(proxy, except: [text])
            } _: { client in
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(proxy.targets.isEmpty)
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("a redirect's target and a realm are each reached their own way")
    func targets() async throws {
        try await withProxy { proxy, registry in
            try await ScriptedRegistry.with { storage in
                registry.redirectBlobs(to: storage)
                registry.requireToken(TokenAuthority())
                try await withClient(of: registry) {
                    $0.proxy = settings(proxy)
                } _: { client in
                    let digest = Digest.sha256(of: image.blobs[0])
                    let response = try await client.blob(try name(), digest)
                    #expect(try await response.bytes() == image.blobs[0])
                }
                #expect(
                    Set(proxy.targets) == [
                        "127.0.0.1:\(registry.port)", "127.0.0.1:\(storage.port)",
                    ])
            }
        }
    }

    static let exceptions: [(String, matching: [String], other: [String])] = [
        ("lan", ["lan", "registry.lan", "a.b.lan"], ["plan", "lan.example", "10.0.0.1"]),
        (".lan", ["registry.lan"], ["plan"]),
        ("Registry.LAN", ["registry.lan", "eu.registry.lan"], ["lan"]),
        ("10.0.0.0/8", ["10.0.0.1", "10.255.255.255"], ["11.0.0.1", "ten.lan", "::ffff:a00:1"]),
        ("10.0.0.5", ["10.0.0.5"], ["10.0.0.6"]),
        (
            "192.168.64.0/18", ["192.168.64.1", "192.168.127.255"],
            ["192.168.128.0", "192.168.63.9"]
        ),
        ("0.0.0.0/0", ["8.8.8.8"], ["::1", "a.example"]),
        ("fd00::/8", ["fd12::1"], ["fe80::1", "10.0.0.1"]), ("::1", ["::1"], ["::2"]),
    ]

    @Test("names match with all below them, addresses by their network", arguments: exceptions)
    func matching(text: String, matching: [String], other: [String]) throws {
        let exception = try #require(ProxyException(text))
        #expect(matching.allSatisfy(exception.matches))
        #expect(!other.contains(where: exception.matches))
        #expect(ProxyException("\(exception)") == exception)
    }

    @Test(
        "what is neither is refused",
        arguments: ["", "*", "a b", "10.0.0.0/33", "10.0.0.0/", "a.lan:80", "https://a.lan", "a/b"])
    func invalid(text: String) {
        #expect(ProxyException(text) == nil)
    }
}
