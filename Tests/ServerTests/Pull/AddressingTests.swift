/// Every spelling of a request and the upstream it means.
import CacheStore
import OCI
import Testing

@testable import Server

@Suite("Addressing")
struct AddressResolutionTests {
    private let addressing = Addressing(
        names: [
            "docker.io": "docker.io", "registry-1.docker.io": "docker.io", "quay.io": "quay.io",
        ],
        virtualHosts: ["docker.example.com": "docker.io", "quay.example.com": "quay.io"],
        domain: "example.com", defaultUpstream: "docker.io")

    private func resolve(
        host: String? = "cache.lan:5000", prefix: String? = nil, ns: String? = nil, _ name: String
    ) throws -> String {
        let resolution = try addressing.resolve(
            Address(host: host, prefix: prefix, namespace: ns, name: try RepositoryName(name)))
        return "\(resolution.upstream) \(resolution.repository?.description ?? "-")"
    }

    @Test("each form leads to its upstream")
    func forms() throws {
        #expect(try resolve("library/nginx") == "docker.io library/nginx")
        #expect(try resolve("quay.io/a/b") == "quay.io a/b")
        #expect(try resolve(ns: "quay.io", "a/b") == "quay.io a/b")
        #expect(try resolve(prefix: "quay.io", "a/b") == "quay.io a/b")
        #expect(try resolve(host: "quay.example.com", "a/b") == "quay.io a/b")
        #expect(try resolve(host: "QUAY.example.com:443", "a/b") == "quay.io a/b")
        #expect(
            try resolve(ns: "registry-1.docker.io", "library/nginx") == "docker.io library/nginx")
    }

    @Test("R75: where they disagree the documented precedence decides")
    func precedence() throws {
        #expect(try resolve(prefix: "quay.io", ns: "docker.io", "a/b") == "quay.io a/b")
        #expect(try resolve(host: "docker.example.com", ns: "quay.io", "a/b") == "quay.io a/b")
        #expect(try resolve(ns: "docker.io", "docker.io/library/x") == "docker.io library/x")
        #expect(try resolve(ns: "docker.io", "quay.io/a/b") == "docker.io quay.io/a/b")
        #expect(try resolve(host: "docker.example.com", "quay.io/a") == "docker.io quay.io/a")
        #expect(try resolve(ns: "cache.lan", "quay.io/a/b") == "quay.io a/b")
    }

    @Test("R69: what is not listed is NAME_UNKNOWN")
    func unknown() throws {
        #expect(throws: RegistryError.self) { try resolve(ns: "evil.example", "a/b") }
        #expect(throws: RegistryError.self) { try resolve(prefix: "evil.example", "a/b") }
        #expect(throws: RegistryError.self) { try resolve("evil.example/a/b") }
        #expect(throws: RegistryError.self) { try resolve(host: "other.example.com", "a/b") }
    }

    @Test(
        "an image that is named to a command is the one that a pull of that name brings",
        arguments: [
            ("docker.io/nginx:1", "docker.io library/nginx"),
            ("registry-1.docker.io/library/nginx", "docker.io library/nginx"),
            ("docker.io/grafana/loki", "docker.io grafana/loki"), ("quay.io/app", "quay.io app"),
        ])
    func images(name: String, key: String) throws {
        let found = try addressing.key(of: try ImageReference(name))
        #expect("\(found.upstream) \(found.repository)" == key)
    }

    @Test("R69: an image of an upstream that is not listed is NAME_UNKNOWN")
    func unknownImage() throws {
        #expect(throws: RegistryError.self) {
            try addressing.key(of: try ImageReference("evil.example/a"))
        }
    }
}
