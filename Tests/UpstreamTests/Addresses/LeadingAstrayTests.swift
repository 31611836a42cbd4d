// Redirects and realms that lead to where Larder must not go, with a listener there (R70).
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Leading astray", .timeLimit(.minutes(1)))
struct LeadingAstrayTests {
    private let content = SeededBytes.make(count: 1000, seed: 8)
    private var digest: Digest { .sha256(of: content) }

    /// A registry whose own host is `host`, and a port that nothing may come to.
    private func withListener(
        registryAt host: String = "127.0.0.1", allowed: Bool = false,
        proxy: ProxySettings? = nil, lookUp: HostLookup? = nil,
        _ body: (ScriptedRegistry, ByteListener, RegistryClient) async throws -> Void
    ) async throws {
        try await ByteListener.with { listener in
            try await ScriptedRegistry.with { registry in
                registry.add(repository: repository, blob: content)
                let url = try #require(EndpointURL("http://\(host):\(registry.port)"))
                let configure: (inout UpstreamSettings) -> Void = {
                    $0.allowPrivateAddresses = allowed
                    $0.endpoints = [EndpointSettings(url: url)]
                    $0.proxy = proxy
                }
                try await withClient(of: registry, configure: configure, lookUp: lookUp) {
                    try await body(registry, listener, $0)
                }
            }
        }
    }

    @Test(
        "a redirect to an address is refused, however it is written",
        arguments: [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "169.254.169.254",
            "10.0.0.1",
        ])
    func addresses(host: String) async throws {
        try await withListener(registryAt: "localhost") { registry, listener, client in
            registry.inject(
                .redirect(to: "http://\(host):\(listener.port)/latest"), on: .init("GET"))
            let kind = try await errorKind { try await client.blob(try name(), digest) }
            #expect(kind == .refusedAddress)
            #expect(listener.counts == .init())
        }
    }

    @Test("a redirect to a name of such an address is refused, and says where it led")
    func names() async throws {
        try await withListener { registry, listener, client in
            registry.inject(.redirect(to: "http://localhost:\(listener.port)/"), on: .init("GET"))
            do {
                _ = try await client.blob(try name(), digest)
                Issue.record("no error")
            } catch let error as UpstreamError {
                #expect(error.kind == .refusedAddress)
                #expect(error.message.contains("http://localhost:\(listener.port)"))
                #expect(error.message.contains("loopback"))
            }
            #expect(listener.counts == .init())
        }
    }

    @Test("so is a token realm, for Larder itself and for a guest")
    func realm() async throws {
        try await withListener { registry, listener, client in
            var rules = TokenAuthority.Rules()
            rules.realm = "http://localhost:\(listener.port)/token"
            registry.requireToken(TokenAuthority(rules))
            let own = try await errorKind {
                try await client.blob(try name(), digest)
            }
            let guest = try await errorKind { try await client.signIn(nil, for: []) }
            #expect(own == .refusedAddress && guest == .refusedAddress)
            #expect(listener.counts == .init())
        }
    }

    @Test("a name that leads elsewhere when it is connected to gets no byte")
    func rebinding() async throws {
        let lookUp: HostLookup = { _, _ in [try #require(IPAddress("8.8.8.8"))] }
        try await withListener(lookUp: lookUp) { registry, listener, client in
            registry.inject(.redirect(to: "http://localhost:\(listener.port)/"), on: .init("GET"))
            for count in 1...2 {
                let kind = try await errorKind {
                    try await client.blob(try name(), digest)
                }
                #expect(kind == .refusedAddress)
                await listener.waitUntilClosed(count)
                #expect(listener.counts == .init(connections: count, closed: count, bytes: 0))
            }
        }
    }

    @Test("one address too many is enough, and a name is not looked up for each request")
    func lookUps() async throws {
        let asked = CallCounter()
        let lookUp: HostLookup = { host, _ in
            asked.increment()
            return ["8.8.8.8", "fd00::1"].compactMap { IPAddress($0) }
        }
        let check = AddressCheck(lookUp: lookUp)
        await #expect(throws: RefusedAddress.self) {
            try await check.require("a.example", isProxied: false, within: .seconds(1))
        }
        try await check.require("b.example", isProxied: true, within: .seconds(1))
        #expect(asked.value == 1)
        let good = AddressCheck { _, _ in
            asked.increment()
            return ["8.8.8.8"].compactMap { IPAddress($0) }
        }
        for _ in 0..<3 {
            try await good.require("c.example", isProxied: false, within: .seconds(1))
        }
        #expect(asked.value == 2)
    }

    @Test("a look-up that takes too long is no connection in time")
    func slowLookUp() async throws {
        let lookUp: HostLookup = { _, _ in throw ExchangeTimeout(phase: .connect) }
        try await withListener(lookUp: lookUp) { registry, listener, client in
            registry.inject(.redirect(to: "http://localhost:\(listener.port)/"), on: .init("GET"))
            let kind = try await errorKind {
                try await client.blob(try name(), digest)
            }
            #expect(kind == .timedOut(.connect))
        }
    }

    @Test("what the operator wrote may be at any address: endpoints' hosts, realms, the lot")
    func exempt() async throws {
        try await ScriptedRegistry.with { storage in
            try await withListener { registry, _, client in
                registry.redirectBlobs(to: storage)  // The registry's own host, another port.
                let bytes = try await client.blob(try name(), digest).bytes()
                #expect(bytes == content)
            }
            try await withListener(registryAt: "localhost", allowed: true) { registry, _, client in
                registry.redirectBlobs(to: storage)
                let bytes = try await client.blob(try name(), digest).bytes()
                #expect(bytes == content)
            }
        }
    }

    @Test("behind a proxy a name is the proxy's to look up, an address is judged")
    func proxied() async throws {
        let lookUp: HostLookup = { host, _ in
            Issue.record("\(host) looked up")
            return []
        }
        try await ConnectProxy.with { proxy in
            let settings = ProxySettings(server: .init(host: "127.0.0.1", port: proxy.port))
            try await withListener(proxy: settings, lookUp: lookUp) { registry, _, client in
                let again = "/v2/\(repository)/blobs/\(digest)"
                registry.inject(
                    .redirect(to: "http://localhost:\(registry.port)\(again)"), on: .init("GET"),
                    uses: 1)
                let bytes = try await client.blob(try name(), digest).bytes()
                #expect(bytes == content)
                #expect(proxy.targets.contains("localhost:\(registry.port)"))
            }
            try await withListener(registryAt: "localhost", proxy: settings, lookUp: lookUp) {
                registry, listener, client in
                registry.inject(
                    .redirect(to: "http://127.0.0.1:\(listener.port)/"), on: .init("GET"))
                let kind = try await errorKind {
                    try await client.blob(try name(), digest)
                }
                #expect(kind == .refusedAddress)
                #expect(listener.counts == .init())
            }
        }
    }
}
