import Testing
import Upstream

@testable import Server

struct RegistryURLTests {
    @Test(arguments: [
        ("https://registry-1.docker.io", "https://registry-1.docker.io"),
        ("https://registry-1.docker.io/", "https://registry-1.docker.io"),
        ("HTTPS://Registry.Example.com:443", "https://registry.example.com"),
        ("http://127.0.0.1:5100", "http://127.0.0.1:5100"),
        ("http://[::1]:5100/", "http://[::1]:5100"),
        ("https://harbor.example.com/proxy/hub/", "https://harbor.example.com/proxy/hub"),
    ])
    func `reads a registry's URL`(text: String, url: String) throws {
        #expect(try RegistryURL.parse(text).description == url)
    }

    @Test(arguments: [
        ("registry-1.docker.io", "did you mean https://registry-1.docker.io?"),
        ("ftp://example.com", "expected a URL"),
        ("https://", "expected a URL"),
        ("https:///path", "expected a URL"),
        ("https://a b", "expected a URL"),
        ("https://example.com:99999", "expected a URL"),
        ("https://example.com?x=1", "no query"),
        ("https://example.com/#top", "no query and no fragment"),
        ("https://example.com/v2/", "without /v2"),
        ("", "expected a URL"),
    ])
    func `refuses what is not a registry's URL`(text: String, hint: String) {
        let error = #expect(throws: InvalidValue.self) { try RegistryURL.parse(text) }
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
    }

    @Test func `does not repeat a password in a URL`() {
        let error = #expect(throws: InvalidValue.self) {
            try RegistryURL.parse("https://team:hunter2@example.com")
        }
        #expect(error?.message.contains("hunter2") == false)
        #expect(error?.message.contains("use credentials") == true)
    }

    @Test(arguments: [
        ("ghcr.io", "ghcr.io"), ("GHCR.io", "ghcr.io"), ("lab.local:5000", "lab.local:5000"),
        ("localhost", "localhost"), ("10.0.0.1:5000", "10.0.0.1:5000"),
        ("my_registry:5000", "my_registry:5000"),
    ])
    func `reads a registry's name`(text: String, name: String) {
        #expect(RegistryHost.name(text) == name)
    }

    @Test(arguments: [
        "", ":5000", "a:", "a:0", "a:65536", "a:b", "a:1:2", "https://ghcr.io", "ghcr.io/",
        "-a.io", "a-.io", "a..io", ".io", "é.io", "a b",
        String(repeating: "a", count: 64) + ".io",
    ])
    func `refuses what is not a registry's name`(text: String) {
        #expect(RegistryHost.name(text) == nil)
    }
}
