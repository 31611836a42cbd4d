// Reading with a client's own right: signing in, what it may read, and where its grant goes.
import Foundation
import OCI
import TestKit
import Testing
import Upstream

@Suite("Guests upstream", .timeLimit(.minutes(1)))
struct GuestTests {
    private let image = SyntheticImage(seed: 3)
    private let alice = Credential(username: "alice", password: Secret("hers"))
    private var names: [RepositoryName] {
        get throws { [try RepositoryName("team/app"), try RepositoryName("team/base")] }
    }
    private var blob: Digest { .sha256(of: image.blobs[0]) }

    /// A registry with both repositories; `rules` are those of its tokens.
    private func withRegistry(
        _ rules: (inout TokenAuthority.Rules) -> Void = { $0.credential = "alice:hers" },
        _ body: (ScriptedRegistry, TokenAuthority) async throws -> Void
    ) async throws {
        var chosen = TokenAuthority.Rules()
        rules(&chosen)
        let authority = TokenAuthority(chosen)
        try await ScriptedRegistry.with { registry in
            for name in try names { registry.add(repository: "\(name)", image: image) }
            registry.requireToken(authority)
            try await body(registry, authority)
        }
    }

    @Test("one token for several repositories, by repeated scopes")
    func severalRepositories() async throws {
        try await withRegistry { registry, _ in
            try await withClient(of: registry) { client in
                let grant = try await client.signIn(alice, for: try names)
                #expect(grant.proof == .bearer(Secret("token-1")))
                #expect(grant.lifetimeSeconds == 300)
                #expect(grant.realm == "\(registry.url)/token")
                let guest = client.acting(as: grant)
                for name in try names {
                    try await guest.requireReadable(name, .manifest(try tag()))
                    try await guest.requireReadable(name, .blob(blob))
                }
            }
            let asked = registry.requests.matching(.init("GET", "/token")).map(\.uri)
            #expect(
                asked == [
                    "/token?service=scripted&scope=repository%3Ateam%2Fapp%3Apull"
                        + "&scope=repository%3Ateam%2Fbase%3Apull"
                ])
        }
    }

    @Test("a credential is checked without asking for a repository")
    func checkAlone() async throws {
        try await withRegistry { registry, _ in
            try await withClient(of: registry) { client in
                _ = try await client.signIn(alice, for: [])
                let wrong = Credential(username: "alice", password: Secret("guessed"))
                let kind = try await errorKind { try await client.signIn(wrong, for: []) }
                #expect(kind == .status(401))
            }
            #expect(registry.requests.count("GET", "scope") == 0)
        }
    }

    @Test("anonymous guests are signed in too")
    func anonymous() async throws {
        try await withRegistry({ _ in }) { registry, _ in
            try await withClient(of: registry) { client in
                let guest = client.acting(as: try await client.signIn(nil, for: try names))
                try await guest.requireReadable(try names[0], .manifest(try tag()))
            }
            let asked = registry.requests.matching(.init("GET", "/token"))
            #expect(asked.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("where Basic is asked for, the registry itself checks the credential")
    func basic() async throws {
        try await withRegistry { registry, _ in
            registry.requireBasic(username: "alice", password: "hers")
            try await withClient(of: registry) { client in
                let grant = try await client.signIn(alice, for: try names)
                #expect(grant.proof == .basic(alice))
                #expect(grant.realm == registry.url)
                let guest = client.acting(as: grant)
                try await guest.requireReadable(try names[0], .manifest(try tag()))
                for refused in [nil, Credential(username: "alice", password: Secret("guessed"))] {
                    let kind = try await errorKind { try await client.signIn(refused, for: []) }
                    #expect(kind == .status(401))
                }
            }
        }
    }

    @Test("a registry that asks for nothing is shown nothing")
    func noChallenge() async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "team/app", image: image)
            try await withClient(of: registry) { client in
                let grant = try await client.signIn(alice, for: try names)
                #expect(grant.proof == .none)
                let guest = client.acting(as: grant)
                #expect(try await guest.manifest(try names[0], try tag()).bytes == image.manifest)
            }
            #expect(registry.requests.all.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("a foreign realm is not even asked on behalf of who has a credential (R67)")
    func foreignRealm() async throws {
        try await ScriptedRegistry.with { evil in
            try await withRegistry({ $0.realm = "http://localhost:\(evil.port)/token" }) {
                registry, authority in
                registry.requireToken(authority, from: evil)
                try await withClient(of: registry) { client in
                    let kind = try await errorKind { try await client.signIn(alice, for: []) }
                    #expect(kind == .refusedRealm("not listed"))
                    #expect(evil.requests.all.isEmpty)
                    let grant = try await client.signIn(nil, for: try names)
                    #expect(grant.realm == "http://localhost:\(evil.port)/token")
                }
            }
        }
    }

    @Test("a guest's sign-in follows no redirect (R68)", arguments: ["/token", "/v2/"])
    func redirectedSignIn(path: String) async throws {
        try await ScriptedRegistry.with { other in
            try await withRegistry { registry, _ in
                if path == "/v2/" { registry.requireBasic(username: "alice", password: "hers") }
                registry.inject(
                    .redirect(to: "\(other.url)/v2/"),
                    on: .init("GET", path, basic: "alice:hers"))
                try await withClient(of: registry) { client in
                    let kind = try await errorKind { try await client.signIn(alice, for: []) }
                    guard case .refusedRedirect = kind else {
                        Issue.record("\(kind)")
                        return
                    }
                }
                #expect(other.requests.all.allSatisfy { $0.header("authorization") == nil })
            }
        }
    }

    @Test("a grant stays at its registry, also where that redirects elsewhere (R66)")
    func storage() async throws {
        try await ScriptedRegistry.with { storage in
            try await withRegistry { registry, _ in
                registry.redirectBlobs(to: storage)
                try await withClient(of: registry) { client in
                    let guest = client.acting(as: try await client.signIn(alice, for: try names))
                    try await guest.requireReadable(try names[0], .blob(blob))
                    let bytes = try await guest.blob(try names[0], blob).bytes()
                    #expect(bytes == image.blobs[0])
                }
                #expect(storage.requests.all.count == 3)
                #expect(storage.requests.all.allSatisfy { $0.header("authorization") == nil })
            }
        }
    }

    @Test("no mirror is asked, nor an endpoint that did not give the grant")
    func otherEndpoints() async throws {
        try await ScriptedRegistry.with { mirror in
            mirror.add(repository: "team/app", image: image)
            try await withRegistry { registry, _ in
                let grant = try await withClient(of: mirror, registry) {
                    $0.endpoints[0].resolves = false
                } _: { client in
                    let grant = try await client.signIn(alice, for: try names)
                    let guest = client.acting(as: grant)
                    _ = try await guest.blob(try names[0], blob).bytes()
                    return grant
                }
                #expect(mirror.requests.all.isEmpty)
                try await withClient(of: mirror) { client in
                    let guest = client.acting(as: grant)
                    let kind = try await errorKind {
                        try await guest.manifest(try names[0], try tag())
                    }
                    #expect(kind == .status(401))
                }
                #expect(mirror.requests.all.isEmpty)
            }
        }
    }

    @Test("what an upstream encodes and decodes of a grant is the same")
    func codable() throws {
        for proof in [GuestGrant.Proof.none, .basic(alice), .bearer(Secret("t0ken"))] {
            let grant = GuestGrant(
                proof: proof, lifetimeSeconds: 61, realm: "https://a/token", registry: "https://a")
            let encoded = try JSONEncoder().encode(grant)
            #expect(try JSONDecoder().decode(GuestGrant.self, from: encoded) == grant)
            #expect(!"\(grant)".contains("t0ken") && !"\(grant)".contains("hers"))
        }
    }
}
