// Support: values, and made-up ones, that several suites use.

import OCI
import TestKit

let sha256Hex = String(repeating: "0123456789abcdef", count: 4)
let sha512Hex = String(repeating: "0123456789abcdef", count: 8)
let sha256Text = "sha256:" + sha256Hex
let sha512Text = "sha512:" + sha512Hex

/// Text that must not pass any parser of names, tags, digests or paths.
let hostileTexts = [
    "", " ", "..", ".", "../..", "a/../b", "%2e%2e", "%2E", "a%2fb", "a%2Fb", "a\0b", "\0", "a//b",
    "/a", "a/", "a\r\nX: y", "a\rb", "a\nb", "a\tb", "a b", "a\u{7f}", "a?b", "a#b", "a\\b",
    "ä", "a\u{301}", "\u{212a}", "ａ", "a%", "a%3", "a%zz", "a\u{1b}[31m", "a;b", "a\"b", "*",
]

extension SeededGenerator {
    mutating func element<T>(of choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    mutating func text(_ alphabet: String, length: ClosedRange<Int>) -> String {
        let letters = Array(alphabet)
        let count = Int.random(in: length, using: &self)
        return String((0..<count).map { _ in element(of: letters) })
    }

    mutating func digest() -> Digest {
        let algorithm = element(of: Digest.Algorithm.allCases)
        let bytes = (0..<algorithm.byteCount).map { _ in UInt8.random(in: 0...255, using: &self) }
        return Digest(algorithm: algorithm, bytes: bytes)
    }

    mutating func tag() throws -> Tag {
        let letters = "abcxyzABCXYZ0189_"
        return try Tag(text(letters, length: 1...1) + text(letters + ".-", length: 0...127))
    }

    /// Names that like to have components which are words of the API itself.
    mutating func repositoryName() throws -> RepositoryName {
        let words = [
            "manifests", "blobs", "tags", "list", "uploads", "referrers", "v2", "docker.io",
        ]
        var components: [String] = []
        for _ in 0..<Int.random(in: 1...5, using: &self) {
            var component = text("abcz0189", length: 1...8)
            for _ in 0..<Int.random(in: 0...2, using: &self) {
                component += element(of: [".", "_", "__", "-", "---"])
                component += text("abcz0189", length: 1...6)
            }
            components.append(Bool.random(using: &self) ? component : element(of: words))
        }
        return try RepositoryName(components.joined(separator: "/"))
    }
}
