/// What the globs of pins and purges match.

import Testing

@testable import OCI

struct GlobTests {
    @Test(
        "a glob matches all of a text",
        arguments: [
            ("", ""), ("abc", "abc"), ("*", ""), ("*", "abc"), ("a*", "a"), ("a*c", "abbbc"),
            ("*c", "abcabc"), ("a*b*c", "aXbYbZc"), ("?", "a"), ("a?c", "abc"),
            ("docker.io/*/alpine", "docker.io/library/alpine"), ("**", ""), ("**", "a/b/c"),
            ("ghcr.io/org/**", "ghcr.io/org/team/app"), ("ghcr.io/**/app", "ghcr.io/a/b/app"),
            ("a***c", "a/b/c"), ("**/app", "ghcr.io/app"), ("v1.*", "v1.2.3"),
            ("*-alpine", "3.20-alpine"), ("a**b*", "a/x/b.c"),
        ])
    func matching(pattern: String, text: String) {
        #expect(Glob(pattern).matches(text))
    }

    @Test(
        "a glob does not match another text or a part of one",
        arguments: [
            ("", "a"), ("abc", "ab"), ("abc", "abcd"), ("abc", "Abc"), ("*", "a/b"),
            ("a*", "a/b"), ("?", ""), ("?", "/"), ("?", "ab"), ("a?c", "a/c"),
            ("docker.io/*", "docker.io/library/alpine"), ("ghcr.io/**/app", "ghcr.io/app"),
            ("v1.*", "v1"), ("v1.*", "v10.2"), ("*b", "abc"), ("[a]", "a"), ("a.c", "abc"),
            ("a**b*", "a/x/b/c"),
        ])
    func otherText(pattern: String, text: String) {
        #expect(!Glob(pattern).matches(text))
    }

    @Test("many stars over a long text take no more than pattern times text")
    func manyStars() {
        let pattern = String(repeating: "*?", count: 256)
        let text = String(repeating: "a", count: 2_000)
        #expect(Glob(pattern).matches(text))
        #expect(!Glob(pattern + "b").matches(text))
        #expect(!Glob(String(repeating: "**a", count: 128) + "b").matches(text))
    }

    @Test("a glob is written as it was read", arguments: ["docker.io/**:1.*", "a?b", "***"])
    func description(pattern: String) {
        #expect(Glob(pattern).description == pattern)
    }
}
