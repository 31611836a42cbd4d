/// Nobody reads what the upstream does not let them read, cached or not (R62–R65).
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Private images")
struct PrivacyTests {
    let image = PrivateImage.image
    let alice = PrivateImage.alice
    let bob = PrivateImage.bob
    private let path = PrivateImage.path
    private let shared = "/v2/lab.local/shared/tool"

    @Test("who may not read gets nothing of it, here or elsewhere", arguments: Warmth.allCases)
    func refused(_ warmth: Warmth) async throws {
        try await PrivateImage.with { setting in
            let tool = PrivateImage.Question(method: .GET, path: "\(shared)/manifests/latest")
            for user in [bob, .anonymous] {
                #expect(try await setting.ask(tool, as: user).status == 200)
            }
            try await setting.enter(warmth)
            for user in [bob, .anonymous] {
                for question in PrivateImage.questions + PrivateImage.questions(in: shared) {
                    let response = try await setting.ask(question, as: user)
                    #expect(warmth.refusals.contains(response.status), "\(question)")
                    #expect(!response.body.isEmpty || question.method == .HEAD)
                    #expect(response.headers["docker-content-digest"].isEmpty)
                    let text = String(decoding: response.body, as: UTF8.self)
                    #expect(!text.contains("\"cached\":\"true\""))
                }
            }
        }
    }

    @Test("the same is said of what is cached and of what is not")
    func sameAnswer() async throws {
        try await PrivateImage.with(change: { $0.cache.negativeFor = .zero }) { setting in
            func answers() async throws -> [String] {
                var answers: [String] = []
                for question in PrivateImage.questions + PrivateImage.questions(in: shared) {
                    let response = try await setting.ask(question, as: bob)
                    let text = String(decoding: response.body, as: UTF8.self)
                    answers.append("\(response.status) \(text)")
                }
                return answers
            }
            let cold = try await answers()
            try await setting.pull()
            #expect(try await answers() == cold)
        }
    }

    @Test("who may read does, cold and cached, and is asked about once in a while only")
    func allowed() async throws {
        try await PrivateImage.with { setting in
            let requests = setting.registry.requests
            try await setting.pull()
            let before = requests.all.count { !$0.path.hasPrefix("/token") }
            try await setting.pull()
            let after = requests.all.count { !$0.path.hasPrefix("/token") && $0.path != "/v2/" }
            #expect(after <= before)
            #expect(requests.count("GET", "/v2/private/app/blobs") == 3)
        }
    }

    @Test(
        "a right that is revoked ends with its verdict, whatever token it comes with",
        arguments: Warmth.allCases)
    func revoked(_ warmth: Warmth) async throws {
        try await PrivateImage.with(change: { $0.upstreams["lab.local"]?.accessTTL = .zero }) {
            setting in
            let token = try await setting.larder.token(for: alice, ["lab.local/private/app"])
            try await setting.enter(warmth) { setting.authority.revoke("private/app") }
            for question in PrivateImage.questions {
                for response in [
                    try await setting.ask(question, as: alice),
                    try await setting.ask(question, token: token),
                ] { #expect(warmth.refusals.contains(response.status), "\(question)") }
            }
        }
    }

    @Test("nobody joins a fetch of what he may not read", arguments: [false, true])
    func joining(upstreamFails: Bool) async throws {
        let digest = image.layerDigests[1]
        let others = [path, shared, "/v2/lab.local/bob/evil", "/v2/library/evil"].flatMap { path in
            [HTTPMethod.GET, .HEAD].map {
                PrivateImage.Question(method: $0, path: "\(path)/blobs/\(digest)")
            }
        }
        try await withOpenThieves { open, openURL in
            try await PrivateImage.with(change: { $0.upstreams["docker.io"]?.url = openURL }) {
                setting in
                setting.registry.inject(
                    .stall(after: 1_000, gate: "body"),
                    on: RequestMatcher("GET", "private/app/blobs/\(digest)"))
                let token = try await setting.larder.token(for: alice, ["lab.local/private/app"])
                let first = try await setting.larder.start(
                    .GET, "\(path)/blobs/\(digest)", [("Authorization", "Bearer \(token)")])
                #expect(first.status == .ok)
                if upstreamFails {
                    for registry in [setting.registry, open] {
                        registry.inject(.respond(status: 503), on: RequestMatcher())
                    }
                }
                let warmth = upstreamFails ? Warmth.upstreamDown : .cold
                for user in [bob, .anonymous] {
                    for question in others {
                        let response = try await setting.ask(question, as: user)
                        #expect(warmth.refusals.contains(response.status), "\(question)")
                    }
                }
                setting.registry.release("body")
                let body = try await first.body.collect(upTo: 1 << 20)
                #expect(Array(body.readableBytesView) == image.layers[1])
            }
        }
    }

    @Test("statistics, metrics and lists name nothing private", arguments: Warmth.allCases)
    func statistics(_ warmth: Warmth) async throws {
        try await PrivateImage.with { setting in
            try await setting.enter(warmth)
            var paths = StatisticsTopic.allCases.map { $0 == .totals ? "/stats" : "/stats/\($0)" }
            paths += ["/stats/image?name=lab.local/private/app:1", "/metrics", "/"]
            paths += ["/v2/_catalog", "/v2/lab.local/_catalog", "\(shared)/tags/list"]
            for user in [bob, .anonymous] {
                for target in paths {
                    let question = PrivateImage.Question(method: .GET, path: target)
                    let response =
                        target.hasPrefix("/v2/")
                        ? try await setting.ask(question, as: user)
                        : try await setting.larder.request(.GET, target, user.basic)
                    let text = String(decoding: response.body, as: UTF8.self)
                    let asked = target.contains("private/app")
                    #expect(asked || !text.contains("private/app"), "\(target)")
                    #expect(!asked || response.status == 401, "\(target)")
                    for digest in [image.digest, image.configDigest] + image.layerDigests {
                        #expect(!text.contains("\(digest)"), "\(target)")
                    }
                }
            }
        }
    }
}
