// Manifests and listings of a scripted registry.
import OCI
import TestKit
import Testing
import Upstream

@Suite("Upstream manifests", .timeLimit(.minutes(1)))
struct ManifestTests {
    let image = SyntheticImage()

    private func withImage(
        _ body: (ScriptedRegistry) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: repository, image: image)
            try await body(registry)
        }
    }

    @Test("HEAD alone gives digest, size and type (R60)")
    func head() async throws {
        try await withImage { registry in
            let head = try await withClient(of: registry) {
                try await $0.headManifest(try name(), try tag())
            }
            #expect(head.digest == image.digest)
            #expect(head.size == Int64(image.manifest.count))
            #expect(head.mediaType == .ociManifest)
            #expect(head.body == nil)
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    static let headFaults: [Fault] = [
        .removeHeader("Docker-Content-Digest"), .setHeader("Docker-Content-Digest", "sha256:zz"),
        .setHeader("Content-Length", "0"), .removeHeader("Content-Type"), .respond(status: 405),
    ]

    @Test(
        "HEAD that lacks something falls back to GET, whose bytes come along", arguments: headFaults
    )
    func headFallsBack(fault: Fault) async throws {
        try await withImage { registry in
            registry.inject(fault, on: .init("HEAD"))
            let head = try await withClient(of: registry) {
                try await $0.headManifest(try name(), try tag())
            }
            #expect(head.body == image.manifest)
            #expect(head.size == Int64(image.manifest.count))
            #expect(registry.requests.all.map(\.method) == ["HEAD", "GET"])
        }
    }

    @Test("one fixed wide Accept, more types behind it, identity, and Larder's name (R8, R9)")
    func sendsFixedHeaders() async throws {
        try await withImage { registry in
            let extra = MediaType(rawValue: "application/vnd.example+json")
            try await withClient(of: registry) {
                _ = try await $0.manifest(try name(), try tag(), accept: [extra, .ociIndex])
            }
            let request = try #require(registry.requests.all.first)
            let expected = MediaType.manifestTypes + [extra]
            #expect(
                request.header("accept") == expected.map(\.rawValue).joined(separator: ", "))
            #expect(request.header("accept-encoding") == "identity")
            #expect(request.header("user-agent") == "larder/test")
        }
    }

    @Test(
        "a manifest over 4 MiB is cut at the cap, announced or not (R44)", arguments: [true, false])
    func capsManifest(announced: Bool) async throws {
        try await withImage { registry in
            let path = RequestMatcher("GET", "/manifests/")
            registry.inject(.body([UInt8](repeating: 0x20, count: 6 << 20)), on: path)
            if !announced { registry.inject(.chunked, on: path) }
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .tooLarge(limitBytes: Manifest.maximumBytes))
        }
    }

    @Test("the body of an error is not waited for: it may have no end (R45)")
    func capsErrorBody() async throws {
        try await withImage { registry in
            let path = RequestMatcher("GET", "/manifests/")
            registry.inject(.respond(status: 500), on: path)
            registry.inject(.body([UInt8](repeating: 0x20, count: 4 << 20)), on: path)
            registry.inject(.stall(after: 1 << 20), on: path)
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .status(500))
        }
    }

    static let faults: [(Fault, UpstreamError.Kind)] = [
        (.setHeader("Content-Encoding", "gzip"), .malformed),
        (.respond(status: 404), .status(404)),
        (.respond(status: 403), .status(403)),
        (.respond(status: 500), .status(500)),
        (.respond(status: 429), .rateLimited(retryAfterSeconds: nil)),
        (.respond(status: 204), .malformed),
        (.truncate(after: 10), .truncated),
        (.close, .unreachable),
    ]

    @Test("what a bad answer to a manifest means (R8, R52)", arguments: faults)
    func mapsFailures(fault: Fault, expected: UpstreamError.Kind) async throws {
        try await withImage { registry in
            registry.inject(fault, on: .init("GET", "/manifests/"))
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == expected)
        }
    }

    @Test("a connection closed before the answer is tried once more")
    func repeatsOnce() async throws {
        try await withImage { registry in
            registry.inject(.close, on: .init("GET", "/manifests/"), uses: 1)
            let manifest = try await withClient(of: registry) {
                try await $0.manifest(try name(), try tag())
            }
            #expect(manifest.bytes == image.manifest)
        }
    }

    @Test("plain http is not spoken where it is not allowed")
    func refusesPlainHTTP() async throws {
        try await withImage { registry in
            let kind = try await withClient(of: registry) {
                $0.allowHTTP = false
            } _: { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(kind == .unreachable)
            #expect(registry.requests.all.isEmpty)
        }
    }

    @Test("a base URL may have a path")
    func keepsBasePath() async throws {
        try await withImage { registry in
            _ = try await withClient(of: registry) {
                $0.endpoints[0].url = $0.endpoints[0].url.appending(path: "/prefix/")
            } _: { client in
                try await errorKind { try await client.manifest(try name(), try tag()) }
            }
            #expect(
                registry.requests.all.map(\.path) == ["/prefix/v2/library/app/manifests/latest"])
        }
    }

    @Test("ping is answered by a registry that is open and by one that wants signing in")
    func ping() async throws {
        try await withImage { registry in
            try await withClient(of: registry) { client in
                try await client.ping()
                registry.requireBasic(username: "a", password: "b")
                try await client.ping()
            }
        }
        let stopped = try await ScriptedRegistry.start()
        await stopped.stop()
        let kind = try await withClient(of: stopped) { client in
            try await errorKind { try await client.ping() }
        }
        #expect(kind == .unreachable)
    }
}
