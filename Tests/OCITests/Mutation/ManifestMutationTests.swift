// Mutated manifests and lists of referrers: refused as such, or read twice alike (R10, R46).
import OCI
import TestKit
import Testing

@Suite("Mutated manifests", .timeLimit(.minutes(10)))
struct ManifestMutationTests {
    private let corpus = [
        "{\(config),\(layers)}", "{\(manifests)}", "{\"schemaVersion\":2,\(config)}",
        "{\"mediaType\":\"\(MediaType.ociIndex)\",\(manifests),\"annotations\":{\"a\":\"b\"}}",
        "{\(config),\"subject\":\(descriptorJSON("5")),\"artifactType\":\"a/b\"}",
        "{\"manifests\":[\(platformJSON("1", "linux/arm64/v8"))]}", SyntheticImage().text,
    ]
    private let tokens = [
        "{", "}", "[", "]", ":", ",", "[[", "{\"a\":", "null", "true", "\"config\":", "\"layers\":",
        "\"manifests\":", "\"subject\":", "\"digest\":", "\"size\":", "\"urls\":[\"http://a/\"],",
        "\"\\ud800\"", "\"\\u0000\"", "\\u017f", "1.5", "-", "\"mediaType\":\"text/html\",",
    ]

    @Test("manifests")
    func mutatedManifests() async throws {
        let failure = try await MutationRun.firstFailure(
            "manifests", corpus: corpus, tokens: tokens
        ) { bytes in
            for type in [nil, MediaType.ociManifest, .ociIndex] {
                do {
                    let manifest = try Manifest(bytes: bytes, contentType: type)
                    try MutationRun.require(manifest.bytes == bytes, "other bytes (R7)")
                    let again = try Manifest(bytes: bytes, contentType: manifest.mediaType)
                    try MutationRun.require(again.content == manifest.content, "two readings")
                } catch let error as RegistryError {
                    try check(error)
                }
            }
        }
        #expect(failure == nil)
    }

    @Test("lists of referrers")
    func mutatedReferrers() async throws {
        let failure = try await MutationRun.firstFailure(
            "referrers", corpus: corpus, tokens: tokens
        ) { bytes in
            do {
                let list = try ReferrersIndex(firstPage: bytes)
                let again = try ReferrersIndex(firstPage: list.bytes)
                try MutationRun.require(again.bytes == list.bytes, "two renderings")
            } catch let error as RegistryError {
                try check(error)
            }
        }
        #expect(failure == nil)
    }

    private func check(_ error: RegistryError) throws {
        try MutationRun.require(error.code == .manifestInvalid, "\(error.code)")
        try MutationRun.require(error.message.utf8.count < 1000, "a long message")
        try MutationRun.require(
            error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f },
            "a message with control characters (R74)")
    }
}

extension SyntheticImage {
    fileprivate var text: String { String(decoding: manifest, as: UTF8.self) }
}
