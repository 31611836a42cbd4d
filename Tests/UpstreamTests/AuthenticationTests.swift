// Signing in at a scripted registry.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Signing in upstream", .timeLimit(.minutes(1)))
struct AuthenticationTests {
    let image = SyntheticImage()

    private func withSetUp(
        _ rules: (inout TokenAuthority.Rules) -> Void = { _ in },
        _ body: (ScriptedRegistry, TokenAuthority) async throws -> Void
    ) async throws {
        var chosen = TokenAuthority.Rules()
        rules(&chosen)
        let authority = TokenAuthority(chosen)
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await body(registry, authority)
        }
    }

    private func team(_ settings: inout UpstreamSettings) {
        settings.credentials = [.fixed(Credential(username: "team", password: Secret("pw")))]
    }

    @Test(
        "an anonymous token is fetched for the pull scope and kept",
        arguments: ["token", "access_token"])
    func fetchesToken(field: String) async throws {
        try await withSetUp({ $0.field = field }) { registry, authority in
            registry.requireToken(authority)
            try await withClient(of: registry) { client in
                let manifest = try await client.manifest(try name(), try tag())
                #expect(manifest.bytes == image.manifest)
                _ = try await client.headManifest(try name(), try tag())
                _ = try await client.headManifest(try name(), try tag())
            }
            let request = try #require(registry.requests.matching(.init("GET", "/token")).first)
            #expect(
                request.uri == "/token?service=scripted&scope=repository%3Alibrary%2Fapp%3Apull")
            #expect(request.header("authorization") == nil)
            #expect(authority.issuedCount == 1)
            #expect(registry.requests.all.filter { $0.status == 401 }.count == 1)
        }
    }

    @Test("credentials go to the registry's own realm as Basic")
    func sendsCredentials() async throws {
        try await withSetUp({ $0.credential = "team:pw" }) { registry, authority in
            registry.requireToken(authority)
            try await withClient(of: registry, configure: team) { client in
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(authority.issuedCount == 1)
        }
    }

    @Test("credentials do not go to a foreign realm: only an anonymous token is asked (R67)")
    func withholdsCredentials() async throws {
        try await ScriptedRegistry.with { evil in
            try await withSetUp({
                $0.credential = "team:pw"
                $0.realm = "http://localhost:\(evil.port)/token"
            }) { registry, authority in
                registry.requireToken(authority, from: evil)
                let kind = try await withClient(of: registry, configure: team) { client in
                    try await errorKind { try await client.manifest(try name(), try tag()) }
                }
                #expect(kind == .refusedRealm("not listed"))
                #expect(evil.requests.all.allSatisfy { $0.header("authorization") == nil })
                #expect(evil.requests.count("GET", "/token") == 1)
            }
        }
    }

    @Test("credentials go to a foreign realm that is listed (R67)")
    func trustsListedRealm() async throws {
        try await ScriptedRegistry.with { realm in
            try await withSetUp({
                $0.credential = "team:pw"
                $0.realm = "http://localhost:\(realm.port)/token"
            }) { registry, authority in
                registry.requireToken(authority, from: realm)
                try await withClient(of: registry) { settings in
                    team(&settings)
                    settings.realms = ["localhost"]
                } _: { client in
                    _ = try await client.manifest(try name(), try tag())
                }
                #expect(authority.issuedCount == 1)
            }
        }
    }

    @Test("a token request follows no redirect (R68)")
    func refusesTokenRedirect() async throws {
        try await ScriptedRegistry.with { other in
            try await withSetUp { registry, authority in
                registry.requireToken(authority)
                registry.inject(.redirect(to: "\(other.url)/token"), on: .init("GET", "/token"))
                let kind = try await withClient(of: registry, configure: team) { client in
                    try await errorKind { try await client.manifest(try name(), try tag()) }
                }
                #expect(kind == .refusedRedirect("token request"))
                #expect(other.requests.all.isEmpty)
            }
        }
    }

    @Test("an endless token is cut at 1 MiB (R45)")
    func capsToken() async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority)
            let endless = [UInt8](repeating: 0x20, count: 3 << 20)
            registry.inject(.body(endless), on: .init("GET", "/token"))
            registry.inject(.chunked, on: .init("GET", "/token"))
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .tooLarge(limitBytes: 1 << 20))
        }
    }

    @Test("tokens that end in mid-pull cause one refresh for 20 requests, not 20 (R58)")
    func refreshesOnce() async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority)
            try await withClient(of: registry) { client in
                _ = try await client.headManifest(try name(), try tag())
                authority.revokeAll()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask { _ = try await client.headManifest(try name(), try tag()) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(authority.issuedCount == 2)
        }
    }

    @Test("a second 401 is final, and no stale tag is served for it")
    func secondRefusalIsFinal() async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority)
            let path = RequestMatcher(nil, "/manifests/")
            let challenge = "Bearer realm=\"\(registry.url)/token\",service=\"scripted\""
            registry.inject(
                .respond(status: 401, headers: [("WWW-Authenticate", challenge)]), on: path)
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .status(401))
            #expect(registry.requests.matching(path).count == 2)
            #expect(authority.issuedCount == 1)
        }
    }

    @Test("where a resource's 401 has no challenge, /v2/ tells it (gcr.io)")
    func learnsFromRoot() async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority, challengesOnlyAtRoot: true)
            try await withClient(of: registry) { client in
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(registry.requests.all.map(\.path).filter { $0 == "/v2/" }.count == 1)
            #expect(authority.issuedCount == 1)
        }
    }

    @Test("Basic is sent to the registry itself where it asks for it")
    func answersBasic() async throws {
        try await withSetUp { registry, _ in
            registry.requireBasic(username: "team", password: "pw")
            try await withClient(of: registry, configure: team) { client in
                _ = try await client.manifest(try name(), try tag())
                _ = try await client.manifest(try name(), try tag())
            }
            #expect(registry.requests.all.map(\.status) == [401, 200, 200])
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .status(401))
        }
    }

    static let tokenFaults: [(Fault, UpstreamError.Kind)] = [
        (.respond(status: 404), .malformed),
        (.respond(status: 503), .status(503)),
        (
            .respond(status: 429, headers: [("Retry-After", "7")]),
            .rateLimited(retryAfterSeconds: 7)
        ),
        (.respond(status: 200, body: "{}"), .malformed),
        (.hang(), .timedOut(.token)),
        (.stall(after: 3), .timedOut(.token)),
        (.close, .unreachable),
    ]

    @Test("what a token server's failure means", arguments: tokenFaults)
    func mapsTokenFailures(fault: Fault, expected: UpstreamError.Kind) async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority)
            registry.inject(fault, on: .init("GET", "/token"))
            let kind = try await withClient(of: registry) {
                if expected == .timedOut(.token) { $0.timeouts.token = .milliseconds(200) }
            } _: { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == expected)
        }
    }

    @Test("each request sent is counted: 401, token, repetition")
    func countsCalls() async throws {
        try await withSetUp { registry, authority in
            registry.requireToken(authority)
            let counter = CallCounter()
            try await UpstreamCalls.$counter.withValue(counter) {
                try await withClient(of: registry) { client in
                    _ = try await client.manifest(try name(), try tag())
                }
            }
            #expect(counter.value == 3)
            #expect(registry.requests.all.count == 3)
        }
    }
}
