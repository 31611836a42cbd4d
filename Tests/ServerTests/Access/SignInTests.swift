/// Larder's own users, its token endpoint, and what challenges say.
import Dispatch
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Signing in")
struct SignInTests {
    private let image = SyntheticImage(seed: 5300, layerSizes: [3_000])
    private let carol = TestUser.carol
    private let path = "/v2/lab.local/app/manifests/1"

    @Test("only users pull, by Basic")
    func basic() async throws {
        try await withUsers(image) { larder, registry, _ in
            for target in ["/v2/", path] {
                let refused = try await larder.request(.GET, target)
                #expect(refused.status == 401)
                #expect(refused.headers["www-authenticate"].first?.hasPrefix("Basic ") == true)
                #expect(try await larder.request(.GET, target, carol.basic).status == 200)
            }
            #expect(try await larder.request(.GET, path, TestUser.wrong.basic).status == 401)
            let nobody = TestUser(name: "dave", password: "secret")
            #expect(try await larder.request(.GET, path, nobody.basic).status == 401)
            #expect(registry.requests.all.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("a user's token is good until the entry changes")
    func token() async throws {
        try await withUsers(image) { larder, _, file in
            let token = try await larder.token(for: carol, ["lab.local/app"])
            let bearer = [("Authorization", "Bearer \(token)")]
            #expect(try await larder.request(.GET, path, bearer).status == 200)
            #expect(try await larder.request(.GET, "/v2/", bearer).status == 200)
            try Data("dave:\(TestUser.hash)\n".utf8).write(to: URL(filePath: file))
            await larder.services.signIn.users.reload(from: file)
            #expect(try await larder.request(.GET, path, bearer).status == 401)
            #expect(try await larder.request(.GET, path, carol.basic).status == 401)
        }
    }

    @Test("a file with a fault leaves the users as they were")
    func faultyFile() async throws {
        try await withUsers(image) { larder, _, file in
            try Data("carol:$apr1$x$y\n".utf8).write(to: URL(filePath: file))
            await larder.services.signIn.users.reload(from: file)
            #expect(try await larder.request(.GET, path, carol.basic).status == 200)
        }
    }

    @Test("anonymous may be allowed besides")
    func anonymousAllowed() async throws {
        try await withUsers(image, anonymous: true) { larder, _, _ in
            let root = try await larder.request(.GET, "/v2/")
            #expect(root.status == 200)
            #expect(try await larder.request(.GET, path).status == 200)
            #expect(try await larder.request(.GET, path, carol.basic).status == 200)
            #expect(try await larder.request(.GET, path, TestUser.wrong.basic).status == 401)
        }
    }

    @Test("a rule about users has anonymous asked to sign in")
    func ruleAboutUsers() async throws {
        try await withUsers(
            image, anonymous: true,
            change: {
                $0.rules = [
                    AccessRule(action: .allow, users: [Glob("carol")]), AccessRule(action: .deny),
                ]
            }
        ) { larder, _, _ in
            let refused = try await larder.request(.GET, path)
            #expect(refused.status == 401)
            #expect(refused.challenge?.parameters["service"] == "lab.local")
            #expect(try await larder.request(.GET, path, as: carol).status == 200)
            #expect(try await larder.request(.GET, path).status == 401)
            #expect(try await larder.request(.GET, "/v2/").status == 401)
        }
    }

    @Test("too many wrong passwords from one address are answered 429, the right one too")
    func tooManyFailures() async throws {
        try await withUsers(image) { larder, _, _ in
            for _ in 0..<FailedAttempts.allowed {
                #expect(try await larder.request(.GET, path, TestUser.wrong.basic).status == 401)
            }
            for user in [.wrong, carol] {
                let refused = try await larder.request(.GET, path, user.basic)
                #expect(refused.status == 429)
                #expect(!refused.headers["retry-after"].isEmpty)
                let issued = try await larder.tokenResponse(for: user, ["lab.local/app"])
                #expect(issued.status == 429)
            }
        }
    }

    @Test("where too many passwords wait to be verified, the next is 503, and no other is lost")
    func overload() async throws {
        try await withUsers(image) { larder, _, _ in
            let checks = larder.services.signIn.users.checks
            let gate = DispatchSemaphore(value: 0)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<PasswordChecks.maximumWaiting {
                    group.addTask {
                        try await checks.perform {
                            gate.wait()
                            return true
                        }
                    }
                }
                while checks.count < PasswordChecks.maximumWaiting { await shortPause() }
                let issued = try await larder.tokenResponse(for: carol, ["lab.local/app"])
                for refused in [try await larder.request(.GET, path, carol.basic), issued] {
                    #expect(refused.status == 503)
                    #expect(refused.headers["retry-after"] == ["2"])
                }
                for _ in 0..<PasswordChecks.maximumWaiting { gate.signal() }
                var verified = 0
                for try await isRight in group where isRight { verified += 1 }
                #expect(verified == PasswordChecks.maximumWaiting)
            }
            #expect(try await larder.request(.GET, path, carol.basic).status == 200)
            #expect(checks.count == 0)
        }
    }

    @Test("without users and passthrough nobody is asked, and what is shown is not looked at")
    func open() async throws {
        try await withLarder({ $0.add(repository: "app", image: image, tags: ["1"]) }) {
            larder, registry in
            let root = try await larder.request(.GET, "/v2/", carol.basic)
            #expect(root.status == 200)
            #expect(try await larder.request(.GET, path, carol.basic).status == 200)
            let bearer = [("Authorization", "Bearer nonsense")]
            #expect(try await larder.request(.GET, path, bearer).status == 200)
            #expect(try await larder.tokenResponse(for: carol, ["lab.local/app"]).status == 200)
            #expect(registry.requests.all.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("POST of a form gives a token as well, other grants do not")
    func form() async throws {
        try await withUsers(image) { larder, _, _ in
            let scope = "repository:lab.local/app:pull"
            let form =
                "grant_type=password&service=lab.local&client_id=test&scope=\(scope)"
                + "&username=carol&password="
            let issued = try await larder.post("/v2/auth", form: form + "secret")
            #expect(issued.status == 200)
            #expect(try await larder.post("/v2/auth", form: form + "guessed").status == 401)
            let refresh = form.replacingOccurrences(of: "=password&", with: "=refresh_token&")
            #expect(try await larder.post("/v2/auth", form: refresh + "secret").status == 400)
        }
    }

    @Test("a token that was changed, or is another Larder's, is none")
    func foreignToken() async throws {
        try await withUsers(image) { larder, _, _ in
            var changed = Array(try await larder.token(for: carol, ["lab.local/app"]))
            changed[20] = changed[20] == "A" ? "B" : "A"
            let other = TokenSealer(Secret("another key"))
            let end = Int64(Date.now.timeIntervalSince1970) + 600
            let foreign = try other.seal(
                AccessToken(end: end, user: "carol", entry: nil, grants: []))
            for text in [String(changed), foreign, "larder_", "larder_AAAA"] {
                let bearer = [("Authorization", "Bearer \(text)")]
                let refused = try await larder.request(.GET, path, bearer)
                #expect(refused.status == 401, "\(text)")
            }
        }
    }
}
