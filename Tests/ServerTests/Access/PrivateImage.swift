/// An image that one may read and others may not.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

/// Whether the image was pulled before, and whether its upstream answers since.
enum Warmth: CaseIterable, Sendable {
    case cold, warm, upstreamDown

    /// What they are answered who may not read.
    var refusals: [Int] { self == .upstreamDown ? [401, 403, 404, 503] : [401, 403, 404] }
}

/// Alice may read `private/app`; Bob what is his own, `bob/evil`; everybody `shared/tool`.
struct PrivateImage: Sendable {
    struct Question: Sendable {
        let method: HTTPMethod
        let path: String
        var headers: [(String, String)] = []
    }

    static let image = SyntheticImage(seed: 5100, layerSizes: [3_000, 200_000])
    static let alice = TestUser(name: "alice", password: "hers")
    static let bob = TestUser(name: "bob", password: "his")
    static let path = "/v2/lab.local/private/app"

    let larder: TestLarder
    let registry: ScriptedRegistry
    let authority: TokenAuthority

    /// Runs `body` with a cold Larder.
    static func with(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (PrivateImage) async throws -> Void
    ) async throws {
        try await withPassthrough(
            rights: [
                alice.credential: ["private/app", "shared/tool"],
                bob.credential: ["bob/evil", "shared/tool"], "": ["shared/tool"],
            ],
            { registry in
                registry.add(repository: "private/app", image: image, tags: ["1"])
                registry.add(repository: "shared/tool", image: SyntheticImage(seed: 5200))
            },
            change: {
                $0.upstreams["lab.local"]?.hosts = ["lab.example"]
                change(&$0)
            }
        ) { try await body(PrivateImage(larder: $0, registry: $1, authority: $2)) }
    }

    /// What names the image's content by digest, in whichever repository.
    static var digests: [String] {
        ["manifests/\(image.digest)"]
            + ([image.configDigest] + image.layerDigests).map { "blobs/\($0)" }
    }

    /// All that leads to the image, by every spelling.
    static var questions: [Question] {
        let names = ["manifests/1", "tags/list", "referrers/\(image.digest)"] + digests
        return names.flatMap { name in
            [HTTPMethod.GET, .HEAD].flatMap { method in
                [
                    Question(method: method, path: "\(path)/\(name)"),
                    Question(method: method, path: "/v2/private/app/\(name)?ns=lab.local"),
                    Question(method: method, path: "/lab.local/v2/private/app/\(name)"),
                    Question(
                        method: method, path: "/v2/private/app/\(name)",
                        headers: [("Host", "lab.example")]),
                ]
            }
        }
    }

    /// The image's content, asked for in a repository that is not its own.
    static func questions(in repository: String) -> [Question] {
        digests.flatMap { name in
            [HTTPMethod.GET, .HEAD].map { Question(method: $0, path: "\(repository)/\(name)") }
        }
    }

    func ask(_ question: Question, as user: TestUser) async throws -> TestResponse {
        try await larder.request(question.method, question.path, as: user, question.headers)
    }

    func ask(_ question: Question, token: String) async throws -> TestResponse {
        try await larder.request(
            question.method, question.path,
            question.headers + [("Authorization", "Bearer \(token)")])
    }

    /// Pulls it whole, as Alice.
    func pull() async throws {
        let image = Self.image
        let manifest = try await larder.request(.GET, "\(Self.path)/manifests/1", as: Self.alice)
        #expect(manifest.body == image.manifest)
        for bytes in [image.config] + image.layers {
            let path = "\(Self.path)/blobs/\(Digest.sha256(of: bytes))"
            let response = try await larder.request(.GET, path, as: Self.alice)
            #expect(response.body == bytes)
        }
        for digest in image.layerDigests { try await larder.waitUntilStored(digest) }
        try await larder.waitUntilStored("1", in: "private/app")
    }

    /// Has Alice pull it unless it is to be cold, then `others` do what they may, and the upstream
    /// fail where it is to be down.
    func enter(_ warmth: Warmth, others: () async throws -> Void = {}) async throws {
        if warmth != .cold { try await pull() }
        try await others()
        if warmth == .upstreamDown { failUpstream() }
    }

    func failUpstream() {
        registry.inject(.respond(status: 503), on: RequestMatcher())
    }
}
