// Redirects to object storage and within a registry, and what goes along.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Upstream redirects", .timeLimit(.minutes(1)))
struct RedirectTests {
    let content = SeededBytes.make(count: 100_000, seed: 8)

    private func withStorage(
        linkUses: Int? = nil, status: Int = 307,
        _ body: (ScriptedRegistry, ScriptedRegistry, Digest) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            try await ScriptedRegistry.with { storage in
                let digest = registry.add(repository: repository, blob: content)
                registry.redirectBlobs(to: storage, linkUses: linkUses, status: status)
                registry.requireToken(TokenAuthority())
                try await body(registry, storage, digest)
            }
        }
    }

    @Test(
        "a redirect is followed without the Authorization (R66)",
        arguments: [301, 302, 303, 307, 308])
    func stripsAuthorization(status: Int) async throws {
        try await withStorage(status: status) { registry, storage, digest in
            try await withClient(of: registry) { client in
                let response = try await client.blob(
                    try name(), digest, range: RequestedRange(start: 99_000))
                #expect(try await response.bytes() == Array(content[99_000...]))
            }
            let request = try #require(storage.requests.all.first)
            #expect(request.header("authorization") == nil)
            #expect(request.header("range") == "bytes=99000-")
            #expect(request.uri.hasSuffix("&X-Path=a%2Fb"))
        }
    }

    @Test("a signed link that refuses HEAD gives its size by GET")
    func headOfSignedLink() async throws {
        try await withStorage { registry, storage, digest in
            let head = try await withClient(of: registry) {
                try await $0.headBlob(try name(), digest)
            }
            #expect(head.size == 100_000)
            #expect(storage.requests.all.map(\.status) == [403, 206])
        }
    }

    @Test("an expired link is a 403, and asking the registry again gives a new one (R57)")
    func expiredLink() async throws {
        try await withStorage(linkUses: 1) { registry, storage, digest in
            try await withClient(of: registry) { client in
                _ = try await client.blob(try name(), digest).bytes()
                #expect(try await client.blob(try name(), digest).bytes() == content)
                storage.inject(.respond(status: 403), on: .init("GET"))
                let kind = try await errorKind { try await client.blob(try name(), digest) }
                #expect(kind == .status(403))
            }
        }
    }

    @Test("the Authorization goes along within the registry's own origin")
    func keepsAuthorizationWithinOrigin() async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            registry.requireToken(TokenAuthority())
            let moved = "/v2/\(repository)/blobs/\(digest)?moved=1"
            registry.inject(.redirect(to: moved), on: .init("GET", "/blobs/"), uses: 2)
            let bytes = try await withClient(of: registry) {
                try await $0.blob(try name(), digest).bytes()
            }
            #expect(bytes == content)
        }
    }

    @Test("redirects without end are given up after five")
    func givesUp() async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            registry.inject(.redirect(to: "/v2/\(repository)/blobs/\(digest)"), on: .init("GET"))
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.blob(try name(), digest) }
            }
            #expect(kind == .refusedRedirect("more than 5 redirects"))
            #expect(registry.requests.all.count == 6)
        }
    }

    @Test("a message about a signed link holds no signature (R66)")
    func messagesHideSignatures() async throws {
        try await withStorage { registry, storage, digest in
            storage.inject(.respond(status: 500), on: .init("GET"))
            try await withClient(of: registry) { client in
                do {
                    _ = try await client.blob(try name(), digest)
                    Issue.record("no error")
                } catch {
                    #expect(!"\(error)".contains("X-Signature"))
                    #expect("\(error)".contains("\(storage.port)"))
                }
            }
        }
    }
}
