/// Tags by their policy: what is asked upstream, what is served, and what clients are told.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Tags by their policy", .timeLimit(.minutes(5)))
struct TagServingTests {
    private let image = SyntheticImage(seed: 5)
    private let next = SyntheticImage(seed: 6)
    private let tagPath = "/v2/lab.local/app/manifests/latest"
    private var digestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }

    /// With `latest` in the store, verified so many seconds ago; tags are fresh for an hour.
    private func withTag(
        age: Int64, change: @escaping (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image) },
            change: {
                $0.tags.freshFor = .seconds(3600)
                change(&$0)
            }
        ) { larder, registry in
            _ = try await larder.request(.GET, tagPath)
            try await larder.waitUntilStored("latest", in: "app")
            try await larder.setAge(of: "latest", in: "app", to: age)
            registry.requests.removeAll()
            try await body(larder, registry)
        }
    }

    private func cacheStatus(_ response: TestResponse) -> String {
        response.headers.first(name: "Cache-Status") ?? ""
    }

    private func age(_ response: TestResponse) -> Int? {
        response.headers.first(name: "Age").flatMap { Int($0) }
    }

    // MARK: What clients are told

    @Test("an answer by tag has its age and how long it is fresh, one by digest has neither")
    func age() async throws {
        try await withTag(age: 600) { larder, registry in
            registry.add(repository: "app", image: image, tags: ["cold"])
            let cold = try await larder.request(.GET, "/v2/lab.local/app/manifests/cold")
            #expect(age(cold) == 0)
            #expect(
                cacheStatus(cold) == "larder; fwd=uri-miss; fwd-status=200; ttl=3600; stored")
            for method in [HTTPMethod.GET, .HEAD] {
                let hit = try await larder.request(method, tagPath)
                let seconds = try #require(age(hit))
                #expect((600..<1000).contains(seconds))
                #expect(cacheStatus(hit) == "larder; hit; ttl=\(3600 - seconds)")
            }
            let known = try await larder.request(
                .GET, tagPath, [("If-None-Match", "\"\(image.digest)\"")])
            #expect(known.status == 304 && age(known) != nil)
            let digest = try await larder.request(.GET, digestPath)
            #expect(age(digest) == nil)
            #expect(cacheStatus(digest) == "larder; hit")
            #expect(registry.requests.all.count == 1)
        }
    }

    @Test("a tag that was verified just now has age 0")
    func revalidated() async throws {
        try await withTag(age: 4000) { larder, registry in
            let response = try await larder.request(.GET, tagPath)
            #expect(age(response) == 0)
            #expect(cacheStatus(response) == "larder; fwd=stale; fwd-status=200; ttl=3600")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    @Test("R60: clients that ask at once share one HEAD, and those that joined it are told")
    func collapsed() async throws {
        try await withTag(age: 4000) { larder, registry in
            registry.inject(.hang(), on: RequestMatcher("HEAD"))
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask { cacheStatus(try await larder.request(.GET, tagPath)) }
                }
                try await registry.requests.wait(for: RequestMatcher("HEAD"))
                registry.release("hang")
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let asked = "larder; fwd=stale; fwd-status=200; ttl=3600"
            let others = answers.filter { $0 != asked }
            #expect(others.count == 7, "\(answers)")
            #expect(
                others.allSatisfy { $0 == asked + "; collapsed" || $0.hasPrefix("larder; hit") },
                "\(answers)")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    // MARK: Rules

    @Test("a tag that a rule calls immutable is never asked for again")
    func immutable() async throws {
        try await withTag(
            age: 31_536_000,
            change: {
                $0.tags.rules = [
                    TagRule(match: .all("lab.local/app", tag: "l*"), isImmutable: true)
                ]
            }
        ) { larder, registry in
            registry.add(repository: "app", image: next)
            let response = try await larder.request(.GET, tagPath)
            #expect(response.body == image.manifest)
            #expect(cacheStatus(response) == "larder; hit")
            #expect(registry.requests.all.isEmpty)
            let body = #"{"image":"lab.local/app:latest"}"#
            let refreshed: RefreshDocument = try await larder.admin(
                .POST, "/refresh", body
            ).document()
            #expect(refreshed.after == "\(next.digest)")
            #expect(try await larder.request(.GET, tagPath).body == next.manifest)
            #expect(registry.requests.all.map(\.method) == ["HEAD", "GET"])
        }
    }

    @Test("a rule's fresh_for holds for its tags alone")
    func rule() async throws {
        try await withTag(
            age: 7200,
            change: {
                $0.tags.rules = [
                    TagRule(match: .all("lab.local/app", tag: "l*"), freshFor: .seconds(86_400))
                ]
            }
        ) { larder, registry in
            registry.add(repository: "app", manifest: image.manifest, tags: ["other"])
            _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/other")
            try await larder.waitUntilStored("other", in: "app")
            try await larder.setAge(of: "other", in: "app", to: 7200)
            registry.requests.removeAll()
            _ = try await larder.request(.GET, tagPath)
            #expect(registry.requests.all.isEmpty)
            _ = try await larder.request(.GET, "/v2/lab.local/app/manifests/other")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    @Test("a signature tag is asked for again after 10 s, whatever tags.fresh_for says")
    func signature() async throws {
        let tag = "sha256-\(String(repeating: "ab", count: 32)).sig"
        let path = "/v2/lab.local/app/manifests/\(tag)"
        try await withLarder(
            { $0.add(repository: "app", image: image, tags: [tag]) },
            change: { $0.tags.freshFor = .seconds(3600) }
        ) { larder, registry in
            _ = try await larder.request(.GET, path)
            try await larder.waitUntilStored(tag, in: "app")
            try await larder.setAge(of: tag, in: "app", to: 11)
            _ = try await larder.request(.GET, path)
            #expect(registry.requests.all.map(\.method) == ["GET", "HEAD"])
        }
    }

    // MARK: While the upstream cannot answer

    @Test("R52, R53: what is stale says since when, why, and what the upstream said")
    func stale() async throws {
        try await withTag(age: 7200) { larder, registry in
            registry.inject(.respond(status: 503), on: RequestMatcher())
            let response = try await larder.request(.GET, tagPath)
            #expect(response.status == 200 && response.body == image.manifest)
            let seconds = try #require(age(response))
            #expect((7200..<8000).contains(seconds))
            #expect(
                cacheStatus(response)
                    == "larder; fwd=stale; fwd-status=503; ttl=\(3600 - seconds); "
                    + "detail=stale-status_503")
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    @Test("R53: past tags.stale_if_error the error is told, with the copy that there is")
    func bounded() async throws {
        try await withTag(
            age: 3600 + 600, change: { $0.tags.staleIfError = .seconds(600) }
        ) { larder, registry in
            registry.inject(.respond(status: 503), on: RequestMatcher(), uses: 1)
            let response = try await larder.request(.GET, tagPath)
            #expect(response.status == 503)
            let body = String(decoding: response.body, as: UTF8.self)
            #expect(body.contains(#""cached":"true""#), "\(body)")
            let again = try await larder.request(.GET, tagPath)
            #expect(again.status == 200 && again.body == image.manifest)
            #expect(registry.requests.all.map(\.method) == ["HEAD", "HEAD"])
        }
    }

    @Test("R49: a tag verified in the future is served stale where it cannot be verified")
    func future() async throws {
        try await withTag(age: -31_536_000) { larder, registry in
            registry.inject(.respond(status: 503), on: RequestMatcher(), uses: 1)
            let stale = try await larder.request(.GET, tagPath)
            #expect(stale.status == 200 && age(stale) == nil)
            #expect(cacheStatus(stale).hasSuffix("fwd-status=503; detail=stale-status_503"))
            #expect(age(try await larder.request(.GET, tagPath)) == 0)
            #expect(registry.requests.all.map(\.method) == ["HEAD", "HEAD"])
        }
    }

    @Test("a tag that moved to a manifest that cannot be had stays as it was")
    func movedAway() async throws {
        try await withTag(age: 4000) { larder, registry in
            registry.add(repository: "app", image: next)
            registry.inject(.respond(status: 500), on: RequestMatcher("GET"), uses: 1)
            let stale = try await larder.request(.GET, tagPath)
            #expect(stale.status == 200 && stale.body == image.manifest)
            #expect(cacheStatus(stale).contains("stale-status_500"), "\(cacheStatus(stale))")
            #expect(try await larder.request(.GET, tagPath).body == next.manifest)
            #expect(registry.requests.all.map(\.method) == ["HEAD", "GET", "HEAD", "GET"])
        }
    }

    @Test("R4: a tag that moved to other bytes than were announced is not moved here")
    func movedToWrongBytes() async throws {
        try await withTag(age: 4000) { larder, registry in
            registry.add(repository: "app", image: next)
            registry.inject(.body(Array("{}".utf8)), on: RequestMatcher("GET"), uses: 1)
            let wrong = try await larder.request(.GET, tagPath)
            #expect(wrong.status == 503)
            registry.inject(.respond(status: 503), on: RequestMatcher())
            #expect(try await larder.request(.GET, tagPath).body == image.manifest)
        }
    }

    @Test("a HEAD of a moved tag tells the new digest; it is recorded once its manifest is here")
    func movedHead() async throws {
        try await withTag(age: 4000) { larder, registry in
            registry.add(repository: "app", image: next)
            for _ in 0..<2 {
                let head = try await larder.request(.HEAD, tagPath)
                #expect(head.headers.first(name: "Docker-Content-Digest") == "\(next.digest)")
            }
            let path = "/v2/lab.local/app/manifests/\(next.digest)"
            #expect(try await larder.request(.GET, path).body == next.manifest)
            for _ in 0..<2 { _ = try await larder.request(.HEAD, tagPath) }
            #expect(registry.requests.all.map(\.method) == ["HEAD", "HEAD", "GET", "HEAD"])
        }
    }

    @Test("a tag that was deleted upstream is not served later, when the upstream is away")
    func deleted() async throws {
        try await withTag(age: 4000) { larder, registry in
            registry.remove(repository: "app", tag: "latest")
            let gone = try await larder.request(.GET, tagPath)
            #expect(gone.status == 404)
            await registry.stop()
            #expect(try await larder.request(.GET, tagPath).status == 503)
            #expect(try await larder.request(.GET, digestPath).body == image.manifest)
        }
    }

    @Test("R52: nor is one that was refused, until the upstream lets it be read again")
    func refused() async throws {
        try await withTag(age: 4000) { larder, registry in
            for status in [403, 503] {
                registry.inject(.respond(status: status), on: RequestMatcher(), uses: 1)
                #expect(try await larder.request(.GET, tagPath).status == status)
            }
            #expect(try await larder.request(.GET, tagPath).body == image.manifest)
            try await larder.setAge(of: "latest", in: "app", to: 4000)
            registry.inject(.respond(status: 503), on: RequestMatcher())
            #expect(try await larder.request(.GET, tagPath).body == image.manifest)
        }
    }
}

extension ImagePattern {
    /// Of a repository without globs.
    static func all(_ repository: String, tag: String) -> ImagePattern {
        .names(repository: Glob(repository), tag: Glob(tag))
    }
}
