/// Whom the fast path answers, where not everybody may read.
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Access on the fast path", .enabled(if: TestLarder.fastPath))
struct FastAccessTests {
    private let image = SyntheticImage(seed: 8100, layerSizes: [3_000])
    private let path = "/v2/lab.local/app/manifests/1"
    private var paths: [String] {
        [path, "/v2/lab.local/app/manifests/\(image.digest)"]
            + image.layerDigests.map { "/v2/lab.local/app/blobs/\($0)" }
    }

    private func withUsers(
        anonymous: Bool = false, change: (inout Configuration) -> Void = { _ in },
        _ body:
            @escaping @Sendable (TestLarder, ScriptedRegistry, _ file: String) async throws ->
            Void
    ) async throws {
        try await ServerTests.withUsers(image, anonymous: anonymous, change: change) {
            larder, registry, file in
            try await makeHot(larder, TestUser.carol.basic)
            registry.requests.removeAll()
            try await body(larder, registry, file)
        }
    }

    /// Every path was answered once from the store.
    private func makeHot(_ larder: TestLarder, _ headers: [(String, String)]) async throws {
        larder.expectRepeatedDownloads(of: image.layerDigests)
        for path in paths { _ = try await larder.request(.GET, path, headers) }
        try await larder.waitUntilStored("1", in: "app")
        for digest in image.layerDigests { try await larder.waitUntilStored(digest, in: "app") }
        while !larder.services.pendingManifests.isEmpty { await shortPause() }
        for path in paths { _ = try await larder.request(.GET, path, headers) }
        while image.layerDigests.contains(where: larder.store.committer.openFiles.isOpen) {
            await shortPause()
        }
    }

    private enum Route: Equatable {
        case fast(Int)
        case normal(Int)
    }

    /// Which path answers a GET, and with what status.
    private func route(
        _ larder: TestLarder, _ path: String, _ headers: [(String, String)] = []
    ) async throws -> Route {
        let before = larder.services.hotObjects.answered
        let status = try await larder.request(.GET, path, headers).status
        return larder.services.hotObjects.answered > before ? .fast(status) : .normal(status)
    }

    private func expect(
        _ expected: Route, _ larder: TestLarder, _ path: String,
        _ headers: [(String, String)] = [], at location: SourceLocation = #_sourceLocation
    ) async throws {
        let route = try await route(larder, path, headers)
        #expect(route == expected, sourceLocation: location)
    }

    private func bearer(_ token: String) -> [(String, String)] {
        [("Authorization", "Bearer \(token)")]
    }

    @Test("users are known by a password that was verified and by their token")
    func users() async throws {
        try await withUsers { larder, registry, _ in
            let token = try await larder.token(for: .carol, ["lab.local/app"])
            for headers in [TestUser.carol.basic, bearer(token), bearer(token)] {
                for path in paths { try await expect(.fast(200), larder, path, headers) }
            }
            for headers in [[], TestUser.wrong.basic, bearer(token + "x"), bearer("larder_")] {
                for path in paths {
                    try await expect(.normal(401), larder, path, headers)
                }
            }
            #expect(registry.requests.all.isEmpty)
        }
    }

    @Test("a user's entry that changes ends it with the reload, for password and token")
    func changedUser() async throws {
        try await withUsers { larder, _, file in
            let token = try await larder.token(for: .carol, ["lab.local/app"])
            try await expect(.fast(200), larder, path, bearer(token))
            try Data("dave:\(TestUser.hash)\n".utf8).write(to: URL(filePath: file))
            await larder.services.signIn.users.reload(from: file)
            for headers in [TestUser.carol.basic, bearer(token)] {
                try await expect(.normal(401), larder, path, headers)
            }
            let dave = TestUser(name: "dave", password: "secret")
            try await expect(.normal(200), larder, path, dave.basic)
            try await expect(.fast(200), larder, path, dave.basic)
        }
    }

    @Test("who was wrong too often is 429, whatever is known of the right password")
    func tooManyFailures() async throws {
        try await withUsers { larder, _, _ in
            try await expect(.normal(401), larder, path, TestUser.wrong.basic)
            try await expect(.normal(200), larder, path, TestUser.carol.basic)
            try await expect(.fast(200), larder, path, TestUser.carol.basic)
            for _ in 0..<FailedAttempts.allowed {
                try await expect(.normal(401), larder, path, TestUser.wrong.basic)
            }
            try await expect(.normal(429), larder, path, TestUser.carol.basic)
        }
    }

    @Test("where anonymous is allowed it is answered too, a wrong password is not")
    func anonymous() async throws {
        try await withUsers(anonymous: true) { larder, _, _ in
            try await expect(.fast(200), larder, path)
            try await expect(.fast(200), larder, path, TestUser.carol.basic)
            try await expect(.normal(401), larder, path, TestUser.wrong.basic)
            let other = [("Authorization", "Digest x")]
            try await expect(.normal(401), larder, path, other)
        }
    }

    @Test("rules about users and networks are asked at each hit")
    func rules() async throws {
        var fromOffice = AccessRule(action: .allow, users: [Glob("carol")])
        fromOffice.networks = ["192.0.2.0/24", "127.0.0.1/32"].compactMap { IPNetwork($0) }
        try await withUsers(
            anonymous: true,
            change: {
                $0.auth.trustedProxies = ["127.0.0.1"].compactMap { IPNetwork($0) }
                $0.rules = [fromOffice, AccessRule(action: .deny)]
            }
        ) { larder, _, _ in
            let office = [("X-Forwarded-For", "192.0.2.7")]
            let elsewhere = [("X-Forwarded-For", "198.51.100.7")]
            let carol = TestUser.carol.basic
            for path in paths {
                try await expect(.fast(200), larder, path, carol + office)
                try await expect(.normal(403), larder, path, carol + elsewhere)
                try await expect(.normal(401), larder, path, office)
            }
        }
    }

    @Test("what is judged by tags that lead to it is for the normal path")
    func rulesAboutTags() async throws {
        let rule = AccessRule(action: .allow, tags: [Glob("1")], users: [Glob("carol")])
        try await withUsers(change: { $0.rules = [rule, AccessRule(action: .deny)] }) {
            larder, _, _ in
            try await expect(.fast(200), larder, path, TestUser.carol.basic)
            for path in paths.dropFirst() {
                try await expect(.normal(200), larder, path, TestUser.carol.basic)
            }
        }
    }

    @Test("a user's limits count, from whichever address")
    func limits() async throws {
        try await withUsers(change: {
            $0.auth.trustedProxies = ["127.0.0.1"].compactMap { IPNetwork($0) }
        }) { larder, _, _ in
            var configuration = larder.services.configuration
            configuration.limits.requestsPerSecond = 1
            configuration.limits.burst = 3
            larder.services.access.apply(configuration)
            func next(_ number: Int) async throws -> Route {
                let from = [("X-Forwarded-For", "192.0.2.\(number)")]
                return try await route(larder, path, TestUser.carol.basic + from)
            }
            var routes: [Route] = []
            for number in 1...4 { routes.append(try await next(number)) }
            #expect(routes.prefix(3) == [.fast(200), .fast(200), .fast(200)])
            #expect(routes[3] != .fast(200))
        }
    }

    @Test("a head with a credential is not kept among the known ones")
    func credentialsAreNotKept() async throws {
        try await withUsers(anonymous: true) { larder, _, _ in
            func undecoded(_ headers: [(String, String)]) async throws -> Int {
                let before = larder.services.hotObjects.answeredUndecoded
                for _ in 0..<20 { _ = try await larder.request(.GET, path, headers) }
                return larder.services.hotObjects.answeredUndecoded - before
            }
            let counts = try await [undecoded([]), undecoded(TestUser.carol.basic)]
            #expect(counts[0] > 0 && counts[1] == 0)
        }
    }

    // MARK: Passthrough

    private let alice = TestUser(name: "alice", password: "hers")
    private let bob = TestUser(name: "bob", password: "his")

    /// - Parameter body: is handed alice's token, with which every path was made hot.
    private func withPassthrough(
        _ body:
            @escaping @Sendable (
                TestLarder, ScriptedRegistry, TokenAuthority, _ hers: [(String, String)]
            ) async throws -> Void
    ) async throws {
        try await ServerTests.withPassthrough(
            rights: [alice.credential: ["app"], bob.credential: ["tool"]],
            { registry in
                registry.add(repository: "app", image: image, tags: ["1"])
                registry.add(repository: "tool", image: image, tags: ["1"])
            }
        ) { larder, registry, authority in
            let hers = bearer(try await larder.token(for: alice, ["lab.local/app"]))
            try await makeHot(larder, hers)
            try await body(larder, registry, authority, hers)
        }
    }

    @Test("at a passthrough upstream whoever has a token and a verdict that holds")
    func passthrough() async throws {
        try await withPassthrough { larder, registry, authority, hers in
            let his = bearer(
                try await larder.token(for: bob, ["lab.local/app", "lab.local/tool"]))
            let elsewhere = bearer(try await larder.token(for: alice, ["lab.local/tool"]))
            registry.requests.removeAll()
            for path in paths {
                try await expect(.fast(200), larder, path, hers)
                try await expect(.normal(401), larder, path)
                try await expect(.normal(401), larder, path, alice.basic)
                try await expect(.normal(401), larder, path, elsewhere)
            }
            #expect(registry.requests.all.isEmpty)
            for path in paths { try await expect(.normal(403), larder, path, his) }
        }
    }

    @Test("a verdict that was taken back, or is over, is asked for again")
    func verdictEnds() async throws {
        try await withPassthrough { larder, registry, authority, hers in
            let repository = RepositoryKey(
                upstream: "lab.local", repository: try RepositoryName("app"))
            let identity = larder.services.signIn.sealer.identity(
                of: Credential(username: "alice", password: Secret("hers")), at: "lab.local")
            larder.services.signIn.verdicts.deny(
                VerdictKey(identity: identity, repository: repository))
            try await expect(.normal(200), larder, path, hers)
            try await expect(.fast(200), larder, path, hers)
            authority.revoke("app")
            larder.services.signIn.verdicts.deny(
                VerdictKey(identity: identity, repository: repository))
            try await expect(.normal(403), larder, path, hers)
        }
    }
}
