/// What an error says of the upstream that is behind it.
import CacheStore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Error details", .timeLimit(.minutes(5)))
struct ErrorDetailTests {
    private let image = SyntheticImage(seed: 5)

    private func detail(_ response: TestResponse) throws -> JSONValue {
        let errors = try JSONValue(parsing: response.body)["errors"]?.elements
        return try #require(errors?.first?["detail"])
    }

    @Test("it names the upstream, its status, since when it fails, and that there is no copy")
    func unavailable() async throws {
        try await withLarder({ $0.add(repository: "app", image: image) }) { larder, registry in
            registry.inject(.respond(status: 503), on: RequestMatcher())
            let digest = image.layerDigests[0]
            for path in [
                "manifests/latest", "manifests/\(image.digest)", "blobs/\(digest)", "tags/list",
            ] {
                let answer = try await larder.request(.GET, "/v2/lab.local/app/\(path)")
                #expect(answer.status == 503)
                let detail = try detail(answer)
                #expect(detail["upstream"] == .string("lab.local"))
                #expect(detail["upstream_status"] == .string("503"))
                #expect(detail["cached"] == .string("false"))
                let since = try #require(detail["failing_since"]?.string)
                let time = try #require(Timestamp(rfc3339: since))
                #expect(abs(time.unixSeconds - larder.store.clock.now()) < 600)
            }
        }
    }

    @Test("an upstream that answers, if only 404, is not said to fail")
    func answering() async throws {
        try await withLarder({ $0.add(repository: "app", image: image) }) { larder, _ in
            let answer = try await larder.request(.GET, "/v2/lab.local/app/manifests/none")
            #expect(answer.status == 404)
            let detail = try detail(answer)
            #expect(detail["upstream_status"] == .string("404"))
            #expect(detail["failing_since"] == nil)
        }
    }

    @Test("R63: a copy of another repository is not told of")
    func foreignCopy() async throws {
        try await withLarder({ $0.add(repository: "app", image: image) }) { larder, registry in
            try await larder.pull(image, tag: "latest")
            registry.inject(.respond(status: 503), on: RequestMatcher())
            for path in ["manifests/\(image.digest)", "blobs/\(image.layerDigests[0])"] {
                let answer = try await larder.request(.GET, "/v2/lab.local/other/\(path)")
                #expect(answer.status == 503)
                #expect(try detail(answer)["cached"] == .string("false"))
            }
        }
    }
}
