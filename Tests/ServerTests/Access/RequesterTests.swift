/// Who asks: the peer, or whom a trusted proxy names.
import NIOHTTP1
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Requester")
struct RequesterTests {
    private let proxies = TrustedProxies(
        ["10.0.0.0/8", "fd00::/8"].compactMap { IPNetwork($0) })

    @Test(
        "the rightmost address that is no proxy's asks; what stands before it may be made up",
        arguments: [
            ([], "10.0.0.1"),
            (["192.0.2.7"], "192.0.2.7"),
            (["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
            (["203.0.113.9", "192.0.2.7", "10.1.1.1"], "192.0.2.7"),
            (["10.2.2.2", "10.1.1.1"], "10.2.2.2"),
            (["192.0.2.7", "unknown"], "10.0.0.1"),
            (["192.0.2.7", "unknown", "10.1.1.1"], "10.1.1.1"),
            (["192.0.2.7:4711"], "192.0.2.7"),
            (["[2001:db8::1]:4711"], "2001:db8::1"),
            (["2001:DB8:0::1"], "2001:db8::1"),
            (["192.0.2.7", "::ffff:10.1.1.1"], "192.0.2.7"),
            (["", "<script>"], "10.0.0.1"),
        ])
    func chains(chain: [String], client: String) throws {
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect("\(proxies.client(behind: peer, chain))" == client)
    }

    @Test("fields are read item by item, the last one of scheme and host")
    func fields() {
        let fields = ForwardedFields(
            HTTPHeaders([
                ("x-forwarded-for", "192.0.2.7, 192.0.2.8"), ("X-Forwarded-For", "192.0.2.9"),
                ("X-Forwarded-Proto", "http, HTTPS"),
                ("X-Forwarded-Host", "evil.example, Docker.Example.com:8443"),
                ("Forwarded", "for=203.0.113.1;host=evil.example"),
            ]))
        #expect(fields.chain == ["192.0.2.7", "192.0.2.8", "192.0.2.9"])
        #expect(fields.scheme == "https" && fields.host == "docker.example.com:8443")
        let odd = ForwardedFields(
            HTTPHeaders([("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "a\"b")]))
        #expect(odd.scheme == nil && odd.host == nil && odd.chain.isEmpty)
    }

    @Test("an IPv4 address that is mapped into IPv6 is in the networks of IPv4")
    func mapped() throws {
        #expect(IPAddress("::ffff:10.0.0.1") == IPAddress("10.0.0.1"))
        let plain = try #require(IPNetwork("10.0.0.0/8"))
        let mapped = try #require(IPNetwork("::ffff:10.0.0.0/104"))
        let everything = try #require(IPNetwork("::/0"))
        let four = try #require(IPAddress("::ffff:10.9.9.9"))
        let six = try #require(IPAddress("2001:db8::1"))
        #expect(plain.contains(four) && mapped.contains(four) && !everything.contains(four))
        #expect(!plain.contains(six) && !mapped.contains(six) && everything.contains(six))
        #expect(IPAddress("10.0.0.1/8") == nil && IPAddress("fe80::1%eth0") == nil)
    }

    // MARK: In requests

    private let image = SyntheticImage(seed: 71, layerSizes: [4_000])

    private func addresses(_ larder: TestLarder) async throws -> Set<String> {
        await larder.store.flushAccounts()
        return Set(try await larder.texts("SELECT address FROM client_traffic"))
    }

    @Test(
        "a trusted proxy's clients are told apart on either path, others' word counts nothing",
        .timeLimit(.minutes(5)))
    func requests() async throws {
        for isTrusted in [true, false] {
            try await withLarder(
                { $0.add(repository: "app", image: image, tags: ["1"]) },
                change: { configuration in
                    configuration.auth.trustedProxies =
                        isTrusted ? [IPNetwork("127.0.0.1")].compactMap(\.self) : []
                }
            ) { larder, _ in
                let path = "/v2/lab.local/app/manifests/\(image.digest)"
                _ = try await larder.request(.GET, path)
                while !larder.services.pendingManifests.isEmpty { await shortPause() }
                for number in 1...3 {
                    let fields = [("X-Forwarded-For", "203.0.113.1, 192.0.2.\(number)")]
                    #expect(try await larder.request(.GET, path, fields).status == 200)
                }
                if TestLarder.fastPath { #expect(larder.services.hotObjects.answered == 2) }
                let expected: Set = ["127.0.0.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
                let wanted = isTrusted ? expected : ["127.0.0.1"]
                while try await addresses(larder).count < wanted.count { await shortPause() }
                #expect(try await addresses(larder) == wanted)
            }
        }
    }

    @Test("X-Forwarded-Host decides the virtual host, from a trusted proxy alone, on either path")
    func virtualHosts() async throws {
        for isTrusted in [true, false] {
            try await withLarder(
                { $0.add(repository: "app", image: image, tags: ["1"]) },
                change: { configuration in
                    configuration.defaultUpstream = "docker.io"
                    configuration.upstreams["lab.local"]?.hosts = ["lab.example.com"]
                    configuration.upstreams["docker.io"]?.hosts = ["hub.example.com"]
                    configuration.auth.trustedProxies =
                        isTrusted ? [IPNetwork("127.0.0.1")].compactMap(\.self) : []
                }
            ) { larder, _ in
                let path = "/v2/app/manifests/\(image.digest)"
                for _ in 1...3 {
                    let lab = try await larder.request(
                        .GET, path, [("X-Forwarded-Host", "lab.example.com")])
                    #expect(lab.status == (isTrusted ? 200 : 404))
                    while !larder.services.pendingManifests.isEmpty { await shortPause() }
                    let hub = try await larder.request(
                        .GET, path, [("X-Forwarded-Host", "hub.example.com")])
                    #expect(hub.status == 404)
                }
                if isTrusted && TestLarder.fastPath {
                    #expect(larder.services.hotObjects.answered == 1)
                }
            }
        }
    }
}
