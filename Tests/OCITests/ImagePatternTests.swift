/// How pins are written, and which images they mean.

import Testing

@testable import OCI

struct ImagePatternTests {
    private static let repository = "docker.io/library/alpine"

    @Test(
        "a pattern matches by repository, or by repository and one of the tags",
        arguments: [
            ("docker.io/library/alpine", []), ("docker.io/library/alpine", ["3.20"]),
            ("docker.io/library/alpine:3.20", ["latest", "3.20"]),
            ("docker.io/library/alpine:3.*", ["3.20"]), ("docker.io/library/*", []),
            ("docker.io/**", ["edge"]), ("**/alpine:*", ["edge"]), ("*/*/*:e?ge", ["edge"]),
        ] as [(String, [String])])
    func matching(pattern: String, tags: [String]) throws {
        let other = Digest(algorithm: .sha256, bytes: Array(repeating: 1, count: 32))
        #expect(
            try ImagePattern(pattern).matches(other, repository: Self.repository, tags: tags))
    }

    @Test(
        "a pattern with a tag does not match without it, nor in another repository",
        arguments: [
            ("docker.io/library/alpine:3.20", []), ("docker.io/library/alpine:3.20", ["3.2"]),
            ("docker.io/library/alpine:*", []), ("docker.io/*", ["3.20"]),
            ("docker.io/library/alpin", ["3.20"]), ("ghcr.io/library/alpine", ["3.20"]),
            ("library/alpine", ["3.20"]),
        ] as [(String, [String])])
    func otherImage(pattern: String, tags: [String]) throws {
        let other = Digest(algorithm: .sha256, bytes: Array(repeating: 1, count: 32))
        #expect(
            try !ImagePattern(pattern).matches(other, repository: Self.repository, tags: tags))
    }

    @Test("a digest matches itself wherever it is", arguments: [sha256Text, sha512Text])
    func digest(text: String) throws {
        let pattern = try ImagePattern(text)
        #expect(pattern == .digest(try Digest(text)))
        #expect(try pattern.matches(Digest(text), repository: "ghcr.io/a/b", tags: []))
        let other = Digest(algorithm: .sha256, bytes: Array(repeating: 1, count: 32))
        #expect(!pattern.matches(other, repository: "ghcr.io/a/b", tags: []))
    }

    @Test("a port belongs to the upstream, not to a tag")
    func port() throws {
        let pattern = try ImagePattern("registry.lan:5000/team/app")
        #expect(pattern == .names(repository: Glob("registry.lan:5000/team/app"), tag: nil))
        let tagged = try ImagePattern("registry.lan:5000/team/app:v1")
        #expect(
            tagged == .names(repository: Glob("registry.lan:5000/team/app"), tag: Glob("v1")))
    }

    @Test(
        "a pattern is written as it was read",
        arguments: [
            "docker.io/library/*", "ghcr.io/org/**:v1.*", "registry.lan:5000/a", sha256Text,
        ])
    func description(text: String) throws {
        #expect(try ImagePattern(text).description == text)
    }

    @Test(
        "text that is no pattern is refused",
        arguments: [
            "", "alpine", "alpine:3", "/alpine", "docker.io/", "docker.io/alpine:", "a b/c",
            "docker.io/ä", "a/b\n", "sha256:abc", "sha512:" + sha256Hex,
            "docker.io/" + String(repeating: "a", count: 512),
        ])
    func refused(text: String) {
        #expect(throws: RegistryError.self) { try ImagePattern(text) }
    }
}
