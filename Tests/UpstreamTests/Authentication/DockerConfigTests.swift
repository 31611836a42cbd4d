// What Docker's own configuration has for a registry.
import Testing

@testable import Upstream

@Suite("Docker's configuration")
struct DockerConfigTests {
    private static let text = """
        {
          "auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnB3OjE="},
            "ghcr.io": {"auth": "Z2g6dG9rZW4AAA=="},
            "https://old.example.com/v2/": {"auth": "b2xkOnB3"},
            "lab.local:5000": {"auth": "bGFiOnB3"},
            "acr.example.com": {"auth": "MDAwMDo=", "identitytoken": "refresh"},
            "empty.example.com": {}
          },
          "credHelpers": {"1.dkr.ecr.eu-west-1.amazonaws.com": "ecr-login", "none.example.com": ""},
          "HttpHeaders": {"User-Agent": "x"}
        }
        """

    private static func credential(_ username: String, _ password: String) -> DockerConfig.Lookup {
        .credential(Credential(username: username, password: Secret(password)))
    }

    static let lookups: [(String, DockerConfig.Lookup)] = [
        ("https://index.docker.io/v1/", credential("hub", "pw:1")),
        ("ghcr.io", credential("gh", "token")),
        ("old.example.com", credential("old", "pw")),
        ("lab.local:5000", credential("lab", "pw")),
        ("lab.local", .none),
        ("acr.example.com", credential("<token>", "refresh")),
        ("empty.example.com", .none),
        ("none.example.com", .none),
        ("other.example.com", .none),
    ]

    @Test("registries are found by host, Docker Hub by its old address", arguments: lookups)
    func finds(server: String, expected: DockerConfig.Lookup) throws {
        #expect(try DockerConfig(Array(Self.text.utf8)).lookup(server) == expected)
    }

    @Test("a registry's own helper goes before the store, and the store before the file")
    func helpers() throws {
        let ecr = "1.dkr.ecr.eu-west-1.amazonaws.com"
        let text = Self.text.replacing("\"HttpHeaders\"", with: "\"credsStore\": \"pass\", \"x\"")
        let config = try DockerConfig(Array(text.utf8))
        let helper = try #require(CredentialHelper("ecr-login"))
        let store = try #require(CredentialHelper("pass"))
        #expect(try config.lookup(ecr) == .helper(helper))
        #expect(try config.lookup("ghcr.io") == .helper(store))
    }

    @Test(
        "what cannot be read says so, and quotes nothing",
        arguments: [
            "", "[]", "hunter2", #"{"auths": {"a.io": {"auth": "aHVudGVyMg=="}}}"#,
            #"{"auths": {"a.io": {"auth": "hunter2!"}}}"#, #"{"credsStore": "../hunter2"}"#,
            #"{"credsStore": "/bin/hunter2"}"#,
        ])
    func refuses(text: String) {
        let error = #expect(throws: CredentialFailure.self) {
            try DockerConfig(Array(text.utf8)).lookup("a.io")
        }
        #expect(error?.reason.contains("hunter2") == false)
    }

    static let servers: [(String, String)] = [
        ("https://registry-1.docker.io", "https://index.docker.io/v1/"),
        ("https://ghcr.io", "ghcr.io"), ("https://ghcr.io:443", "ghcr.io"),
        ("https://lab.local:5000", "lab.local:5000"), ("http://lab.local", "lab.local"),
        ("https://[::1]:5000", "[::1]:5000"),
    ]

    @Test("a registry is called what Docker calls it", arguments: servers)
    func names(url: String, expected: String) throws {
        let origin = try #require(EndpointURL(url)).origin
        #expect(RegistryServer.name(of: origin) == expected)
    }

    @Test("a helper is a name or an absolute path")
    func helperNames() {
        for name in ["ecr-login", "gcr", "acr-env", "osxkeychain2", "/opt/h/docker-credential-x"] {
            #expect(CredentialHelper(name) != nil)
        }
        for name in ["", "ECR", "../x", "a/b", "x y", "x;y", "/", "/opt/", "/a\0b", "a_b"] {
            #expect(CredentialHelper(name) == nil, "\(name)")
        }
        #expect(CredentialHelper("ecr-login")?.program == "docker-credential-ecr-login")
        #expect(CredentialHelper("/opt/x")?.program == "/opt/x")
    }
}
