// What is refused to a guest is refused to that guest alone, and never done with Larder's right.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Guests refused upstream", .timeLimit(.minutes(1)))
struct GuestRefusalTests {
    private let image = SyntheticImage(seed: 4)
    private let alice = Credential(username: "alice", password: Secret("hers"))

    /// A registry that asks for Basic and knows Larder's own identity, `alice` and `bob`.
    private func withClients(
        _ body: (ScriptedRegistry, _ own: RegistryClient, _ guest: RegistryClient) async throws ->
            Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            registry.requireBasic(["larder:own", "alice:hers", "bob:his"])
            try await withClient(of: registry) {
                let own = Credential(username: "larder", password: Secret("own"))
                $0.credentials = [.fixed(own)]
            } _: { client in
                let grant = try await client.signIn(alice, for: [try name()])
                try await body(registry, client, client.acting(as: grant))
            }
        }
    }

    @Test("a 401 is final: nothing is asked again, and nothing as Larder")
    func unauthorized() async throws {
        try await withClients { registry, _, guest in
            registry.requireBasic(["larder:own"])
            registry.requests.removeAll()
            let kind = try await errorKind {
                try await guest.requireReadable(try name(), .manifest(try tag()))
            }
            #expect(kind == .status(401))
            #expect(registry.requests.matching(.init(basic: "alice:hers")).count == 1)
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("what is refused to a guest is an error", arguments: [403, 404, 405, 503])
    func refusals(status: Int) async throws {
        try await withClients { registry, _, guest in
            registry.inject(.respond(status: status), on: .init("HEAD"))
            let kind = try await errorKind {
                try await guest.requireReadable(try name(), .manifest(try tag()))
            }
            #expect(kind == .status(status))
        }
    }

    @Test("a 429 is told, and begins no pause for Larder itself nor for other guests")
    func limited() async throws {
        try await withClients { registry, own, guest in
            let bob = Credential(username: "bob", password: Secret("his"))
            let other = own.acting(as: try await own.signIn(bob, for: []))
            registry.inject(
                .respond(status: 429, headers: [("Retry-After", "60")]),
                on: .init(basic: "alice:hers"))
            let kind = try await errorKind { try await guest.manifest(try name(), try tag()) }
            #expect(kind == .rateLimited(retryAfterSeconds: 60))
            let signIn = try await errorKind { try await own.signIn(alice, for: []) }
            #expect(signIn == .rateLimited(retryAfterSeconds: 60))
            try await other.requireReadable(try name(), .manifest(try tag()))
            #expect(try await own.manifest(try name(), try tag()).bytes == image.manifest)
            registry.removeFaults()
            try await guest.requireReadable(try name(), .manifest(try tag()))
        }
    }

    @Test("a pause of Larder's own does not keep a guest waiting")
    func ownPause() async throws {
        try await withClients { registry, own, guest in
            registry.inject(.respond(status: 429), on: .init(basic: "larder:own"))
            _ = try await errorKind { try await own.manifest(try name(), try tag()) }
            #expect(own.prefersStale && !guest.prefersStale)
            #expect(try await guest.manifest(try name(), try tag()).bytes == image.manifest)
        }
    }

    @Test("the token cache holds nothing of a guest's, and gives it nothing")
    func tokenCache() async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            let authority = TokenAuthority()
            registry.requireToken(authority)
            try await withClient(of: registry) { client in
                let grant = try await client.signIn(nil, for: [try name()])
                #expect(client.activity.snapshot.tokens == 0)
                _ = try await client.manifest(try name(), try tag())
                #expect(authority.issuedCount == 2)
                #expect(client.activity.snapshot.tokens == 1)
                #expect(try await client.signIn(nil, for: [try name()]) != grant)
            }
        }
    }

    @Test("an endpoint that failed again and again is not asked by a guest either")
    func circuit() async throws {
        try await withClients { registry, own, guest in
            registry.inject(.close, on: .init())
            for _ in 0..<own.settings.breaker.failures {
                _ = try await errorKind { try await guest.manifest(try name(), try tag()) }
            }
            registry.requests.removeAll()
            for ask in [
                { _ = try await guest.manifest(try name(), try tag()) },
                { _ = try await own.signIn(alice, for: []) },
            ] {
                let kind = try await errorKind { try await ask() }
                guard case .suspended = kind else {
                    Issue.record("\(kind)")
                    return
                }
            }
            #expect(registry.requests.all.isEmpty)
        }
    }
}
