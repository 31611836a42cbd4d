// Signing in with what helpers and Docker's file give: ECR, GAR and ACR in small.
import Foundation
import OCI
import TestKit
import Testing

@testable import Upstream

@Suite("Signing in with a helper", .timeLimit(.minutes(1)))
struct HelperSignInTests {
    private let image = SyntheticImage(seed: 23)

    private func withImage(
        _ sources: [CredentialSource],
        _ body: (ScriptedRegistry, RegistryClient) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await withClient(of: registry) {
                $0.credentials = sources
            } _: { client in
                try await body(registry, client)
            }
        }
    }

    private func source(_ script: HelperScript) throws -> CredentialSource {
        .helper(try #require(CredentialHelper(script.path)))
    }

    private func pull(_ client: RegistryClient) async throws {
        #expect(try await client.manifest(try name(), try tag()).bytes == image.manifest)
    }

    private func failure(_ client: RegistryClient) async throws -> UpstreamError {
        let error = await #expect(throws: UpstreamError.self) { try await pull(client) }
        return try #require(error)
    }

    @Test("a password goes to the registry as Basic, a new one where it has ended (ECR)")
    func basic() async throws {
        let script = try HelperScript.giving("AWS", "pw$count")
        try await withImage([source(script)]) { registry, client in
            registry.requireBasic(username: "AWS", password: "pw1")
            try await pull(client)
            try await pull(client)
            #expect(script.runs == ["get 127.0.0.1:\(registry.port)"])
            registry.requireBasic(username: "AWS", password: "pw2")
            try await pull(client)
            #expect(script.runs.count == 2)
            #expect(registry.requests.all.compactMap(\.status) == [401, 200, 200, 401, 200])
        }
    }

    @Test("a password goes to the realm as Basic, a new one where it has ended (GAR)")
    func token() async throws {
        let script = try HelperScript.giving("oauth2accesstoken", "pw$count")
        var rules = TokenAuthority.Rules()
        rules.credential = "oauth2accesstoken:pw1"
        let authority = TokenAuthority(rules)
        try await withImage([source(script)]) { registry, client in
            registry.requireToken(authority)
            try await pull(client)
            authority.change { $0.credential = "oauth2accesstoken:pw2" }
            authority.revokeAll()
            try await pull(client)
            #expect(script.runs.count == 2)
            #expect(registry.requests.count("GET", "/token") == 3)
        }
    }

    @Test("an identity token is exchanged at the realm, and is in no URL or header (ACR)")
    func identityToken() async throws {
        let script = try HelperScript.giving("<token>", "refresh-me")
        var rules = TokenAuthority.Rules()
        rules.refreshToken = "refresh-me"
        let authority = TokenAuthority(rules)
        try await withImage([source(script)]) { registry, client in
            registry.requireToken(authority)
            try await pull(client)
            try await pull(client)
            #expect(authority.issuedCount == 1)
            let requests = registry.requests.matching(.init("POST", "/token"))
            #expect(requests.map(\.uri) == ["/token"])
            for request in registry.requests.all {
                #expect(!request.uri.contains("refresh-me"))
                #expect(!request.headers.contains { $0.value.contains("refresh-me") })
            }
        }
    }

    @Test("an identity token does not go to a foreign realm (R67)")
    func foreignRealm() async throws {
        let script = try HelperScript.giving("<token>", "refresh-me")
        var rules = TokenAuthority.Rules()
        rules.refreshToken = "refresh-me"
        try await ScriptedRegistry.with { evil in
            rules.realm = "http://localhost:\(evil.port)/token"
            let authority = TokenAuthority(rules)
            try await withImage([source(script)]) { registry, client in
                registry.requireToken(authority, from: evil)
                let error = try await failure(client)
                #expect(error.kind == .refusedRealm("not listed"))
                #expect(evil.requests.all.allSatisfy { $0.method == "GET" && $0.body.isEmpty })
            }
        }
    }

    @Test("Docker's file is as good as what it holds")
    func dockerConfig() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("config.json")
        try await withImage([.dockerConfig(path)]) { registry, client in
            registry.requireBasic(username: "a", password: "p")
            let text = #"{"auths": {"127.0.0.1:\#(registry.port)": {"auth": "YTpw"}}}"#
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try await pull(client)
            #expect(registry.requests.all.map(\.status) == [401, 200])
        }
    }

    static let failures = ["echo hunter2; exit 3", "echo hunter2", "echo hunter2 >&2; exit 1"]

    @Test("a helper that fails is no refusal: a stale tag may be served", arguments: failures)
    func fails(body: String) async throws {
        let script = try HelperScript(body)
        try await withImage([source(script)]) { registry, client in
            registry.requireToken(TokenAuthority())
            for _ in 0..<3 {
                let error = try await failure(client)
                #expect(error.kind == .noCredentials)
                #expect(error.isUnavailable)
                #expect(!"\(error)".contains("hunter2"))
            }
            #expect(script.runs.count == 1)
            #expect(registry.requests.count("GET", "/token") == 0)
        }
    }

    @Test("where a helper fails, the next credential is used")
    func passesOn() async throws {
        let script = try HelperScript("exit 1")
        let fixed = CredentialSource.fixed(Credential(username: "a", password: Secret("p")))
        try await withImage([source(script), fixed]) { registry, client in
            registry.requireBasic(username: "a", password: "p")
            try await pull(client)
            try await pull(client)
            #expect(script.runs.count == 1)
        }
    }

    @Test("a helper that has nothing for the registry means anonymous")
    func anonymous() async throws {
        let script = try HelperScript("echo credentials not found in native keychain; exit 1")
        try await withImage([source(script)]) { registry, client in
            registry.requireToken(TokenAuthority())
            try await pull(client)
            let tokens = registry.requests.matching(.init("GET", "/token"))
            #expect(tokens.map { $0.header("authorization") } == [nil])
        }
    }

    @Test("an identity token is no password")
    func identityTokenForBasic() async throws {
        let script = try HelperScript.giving("<token>", "refresh-me")
        try await withImage([source(script)]) { registry, client in
            registry.requireBasic(username: "a", password: "p")
            let error = try await failure(client)
            #expect(error.kind == .noCredentials)
            #expect(registry.requests.all.allSatisfy { $0.header("authorization") == nil })
        }
    }
}
