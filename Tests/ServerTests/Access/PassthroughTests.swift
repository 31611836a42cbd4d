/// Signing in to an upstream through Larder: challenges, scopes, verdicts, grace.
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Passthrough")
struct PassthroughTests {
    private let image = SyntheticImage(seed: 5400, layerSizes: [3_000])
    private let alice = TestUser(name: "alice", password: "hers")
    private let path = "/v2/lab.local/team/app/manifests/1"

    private func withPassthrough(
        _ names: [String] = ["lab.local"], change: (inout Configuration) -> Void = { _ in },
        _ body:
            @escaping @Sendable (TestLarder, ScriptedRegistry, TokenAuthority) async throws ->
            Void
    ) async throws {
        try await ServerTests.withPassthrough(
            names,
            rights: [alice.credential: ["team/app", "library/tool"], "": ["library/tool"]],
            { registry in
                registry.add(repository: "team/app", image: image, tags: ["1"])
                registry.add(repository: "library/tool", image: image, tags: ["1"])
            }, change: change, body)
    }

    // MARK: Challenges

    @Test("the challenge leads to Larder itself, on /v2/ and on resources")
    func challenge() async throws {
        try await withPassthrough { larder, _, _ in
            let root = try #require(try await larder.request(.GET, "/v2/").challenge)
            #expect(root.parameters["realm"] == "\(larder.url)/v2/auth")
            #expect(root.parameters["service"] == "larder")
            let resource = try #require(try await larder.request(.HEAD, path).challenge)
            #expect(resource.parameters["realm"] == "\(larder.url)/v2/auth")
            #expect(resource.parameters["service"] == "lab.local")
            #expect(resource.parameters["scope"] == "repository:team/app:pull")
            let token = try await larder.token(for: .anonymous, [])
            let bearer = [("Authorization", "Bearer \(token)")]
            #expect(try await larder.request(.GET, "/v2/", bearer).status == 200)
            let unscoped = try await larder.request(.GET, path, bearer)
            #expect(unscoped.challenge?.parameters["error"] == "insufficient_scope")
        }
    }

    @Test("behind a proxy that is trusted the realm is as the client knows Larder")
    func proxied() async throws {
        let forwarded = [
            ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "cache.example"),
            ("X-Forwarded-For", "192.0.2.1"),
        ]
        try await withPassthrough(change: {
            $0.auth.trustedProxies = [IPNetwork("127.0.0.0/8")!]
        }) { larder, _, _ in
            let challenge = try await larder.request(.GET, path, forwarded).challenge
            #expect(challenge?.parameters["realm"] == "https://cache.example/v2/auth")
        }
        try await withPassthrough { larder, _, _ in
            let challenge = try await larder.request(.GET, path, forwarded).challenge
            #expect(challenge?.parameters["realm"] == "\(larder.url)/v2/auth")
        }
    }

    @Test("only a host at which no upstream decides stands for all of them")
    func hosts() async throws {
        try await withPassthrough(change: { $0.upstreams["docker.io"]?.hosts = ["hub.example"] }) {
            larder, _, _ in
            let hub = try await larder.request(.GET, "/v2/", [("Host", "hub.example")])
            #expect(hub.status == 200)
            #expect(try await larder.request(.GET, "/v2/").status == 401)
            #expect(try await larder.request(.GET, "/v2/?ns=lab.local").status == 401)
        }
    }

    // MARK: Scopes

    private func scopesAsked(_ registry: ScriptedRegistry) -> [String] {
        registry.requests.matching(RequestMatcher("GET", "/token")).flatMap {
            PercentEncoding.items(in: String($0.uri.drop { $0 != "?" }.dropFirst()))
                .filter { $0.name == "scope" }.map(\.value)
        }
    }

    @Test("scopes are asked for in the upstream's own names")
    func scopes() async throws {
        try await withPassthrough(["lab.local", "docker.io"]) { larder, registry, _ in
            _ = try await larder.token(for: alice, ["lab.local/team/app"])
            _ = try await larder.token(for: alice, ["team/app"], service: "lab.local")
            _ = try await larder.token(for: alice, ["lab.local/team/app"], service: "lab.local")
            #expect(
                scopesAsked(registry) == Array(repeating: "repository:team/app:pull", count: 3))
            _ = try await larder.token(for: alice, ["tool"])
            _ = try await larder.token(for: alice, ["docker.io/tool"])
            #expect(
                scopesAsked(registry).suffix(2)
                    == ["repository:library/tool:pull", "repository:library/tool:pull"])
        }
    }

    @Test("scopes that lead nowhere, and other actions, are passed over")
    func otherScopes() async throws {
        try await withPassthrough { larder, registry, _ in
            for scope in [
                "repository:unknown.example/x:pull", "registry:catalog:*",
                "repository:lab.local/team/app:push", "repository:lab.local/../x:pull", "x",
            ] {
                let query = PercentEncoding.query([("scope", scope)]) ?? ""
                let response = try await larder.request(.GET, "/v2/auth?\(query)")
                #expect(response.status == 200, "\(scope)")
            }
            #expect(scopesAsked(registry).isEmpty)
            let many = (0..<17).map { "lab.local/team/app\($0)" }
            #expect(try await larder.tokenResponse(for: alice, many).status == 400)
        }
    }

    @Test("a wrong password is refused, as is a login with it")
    func wrongPassword() async throws {
        let wrong = TestUser(name: "alice", password: "guessed")
        try await withPassthrough { larder, _, _ in
            for scopes in [["lab.local/team/app"], []] {
                let refused = try await larder.tokenResponse(for: wrong, scopes)
                #expect(refused.status == 401)
                let given = try await larder.tokenResponse(for: alice, scopes)
                #expect(given.status == 200)
            }
        }
    }

    @Test("an open upstream is shown nothing of what is offered")
    func openBeside() async throws {
        try await ScriptedRegistry.with { open in
            open.add(repository: "library/tool", image: image, tags: ["1"])
            try await withPassthrough(change: {
                $0.upstreams["docker.io"]?.url = EndpointURL(open.url)
            }) { larder, registry, _ in
                let token = try await larder.token(for: alice, ["library/tool"])
                let headers = [("Authorization", "Bearer \(token)")]
                let pulled = try await larder.request(.GET, "/v2/tool/manifests/1", headers)
                #expect(pulled.status == 200)
                let basic = try await larder.request(.GET, "/v2/tool/manifests/1", alice.basic)
                #expect(basic.status == 200)
                #expect(open.requests.all.allSatisfy { $0.header("authorization") == nil })
                #expect(registry.requests.all.isEmpty)
            }
        }
    }

    // MARK: Verdicts

    private func served(_ larder: TestLarder, _ token: String) async throws -> Int {
        try await larder.request(.GET, path, [("Authorization", "Bearer \(token)")]).status
    }

    @Test("while the upstream does not answer, verdicts last as long as the grace says")
    func grace() async throws {
        try await withPassthrough(change: {
            $0.upstreams["lab.local"]?.accessTTL = .zero
            $0.upstreams["lab.local"]?.accessGrace = .seconds(3600)
            $0.tags.freshFor = .seconds(3600)
        }) { larder, registry, authority in
            let token = try await larder.token(for: alice, ["lab.local/team/app"])
            #expect(try await served(larder, token) == 200)
            try await larder.waitUntilStored("1", in: "team/app")
            registry.inject(.respond(status: 503), on: RequestMatcher())
            #expect(try await served(larder, token) == 200)
            let second = try await larder.token(for: alice, ["lab.local/team/app"])
            #expect(try await served(larder, second) == 200)
            #expect(
                try await larder.tokenResponse(for: .anonymous, ["lab.local/team/app"]).status
                    == 503)
            registry.removeFaults()
            authority.revoke("team/app")
            #expect(try await served(larder, token) == 403)
            registry.inject(.respond(status: 503), on: RequestMatcher())
            #expect(try await served(larder, token) == 503)
        }
    }

    @Test("without grace nothing is served that cannot be verified")
    func noGrace() async throws {
        try await withPassthrough(change: { $0.upstreams["lab.local"]?.accessTTL = .zero }) {
            larder, registry, _ in
            let token = try await larder.token(for: alice, ["lab.local/team/app"])
            #expect(try await served(larder, token) == 200)
            registry.inject(.respond(status: 503), on: RequestMatcher())
            #expect(try await served(larder, token) == 503)
            #expect(
                try await larder.tokenResponse(for: alice, ["lab.local/team/app"]).status == 503)
        }
    }

    @Test("a verdict is one identity's, whatever token it comes with")
    func verdicts() async throws {
        try await withPassthrough { larder, registry, _ in
            for _ in 0..<3 {
                let token = try await larder.token(for: alice, ["lab.local/team/app"])
                #expect(try await served(larder, token) == 200)
                try await larder.waitUntilStored("1", in: "team/app")
            }
            #expect(registry.requests.count("HEAD", "team/app/manifests") == 1)
            #expect(registry.requests.count("GET", "team/app/manifests") == 1)
        }
    }

    @Test("a registry that takes Basic is one to sign in to as well")
    func basicRegistry() async throws {
        try await withLarder(
            { registry in
                registry.add(repository: "team/app", image: image, tags: ["1"])
                registry.requireBasic(username: "alice", password: "hers")
            }, change: { $0.upstreams["lab.local"]?.access = .passthrough }
        ) { larder, _ in
            let pulled = try await larder.request(.GET, path, as: alice)
            #expect(pulled.status == 200)
            let wrong = TestUser(name: "alice", password: "guessed")
            #expect(try await larder.request(.GET, path, as: wrong).status == 401)
            #expect(try await larder.request(.GET, path, as: .anonymous).status == 401)
        }
    }
}
