// Mutated headers of an upstream: nothing of them reaches a request but what was read (R74).
import NIOHTTP1
import TestKit
import Testing

@testable import Upstream

@Suite("Mutated headers", .timeLimit(.minutes(10)))
struct HeaderMutationTests {
    @Test("challenges read as what they render to")
    func challenges() async throws {
        let failure = try await MutationRun.firstFailure(
            "challenges",
            corpus: [
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"",
                "Bearer realm=https://a/token, scope=\"repository:a/b:pull,push\"",
                "Basic realm=\"a \\\"b\\\" c\", Negotiate, NTLM abcd==, Bearer realm=\"x\"",
            ],
            tokens: [
                "Bearer ", "Basic ", "realm=", "=", "==", "\"", "\\", "\\\"", ",", ", ", "a=b",
                "service=\"x\"", "token68",
            ]
        ) { bytes in
            let parsed = ChallengeParser.parse([String(decoding: bytes, as: UTF8.self)])
            try MutationRun.require(parsed.count <= 16, "\(parsed.count) challenges")
            let rendered = parsed.map(Self.text).joined(separator: ", ")
            guard rendered.utf8.count <= 8 * 1024 else { return }
            let again = ChallengeParser.parse([rendered])
            try MutationRun.require(again == parsed, "\(parsed) became \(again)")
        }
        #expect(failure == nil)
    }

    @Test("URLs have one rendering, without blanks, line ends or user information")
    func urls() async throws {
        let base = try #require(EndpointURL("https://registry.example/v2/a/blobs/b"))
        let failure = try await MutationRun.firstFailure(
            "URLs",
            corpus: [
                "https://storage.example/bucket/blob?X-Amz-Signature=ab%2Fc&x=1",
                "http://[::1]:5000/a/../b", "//other.example/x", "/relative?a=b#c",
                "https://user:pw@host.example:443/", "https://1.2.3.4", "../up",
            ],
            tokens: [
                "https://", "http://", "//", "@", ":", ":443", "[", "]", "?", "#", "%0d%0a", "%",
                "localhost", "127.0.0.1", "file://", "..", "\\",
            ]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            for url in [EndpointURL(text), base.resolving(text)].compactMap({ $0 }) {
                let rendered = url.absoluteString
                try MutationRun.require(
                    rendered.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "\(rendered)")
                try MutationRun.require(
                    EndpointURL(rendered) == url, "\(rendered) is another URL")
                try MutationRun.require(!url.origin.description.contains("@"), "\(url)")
            }
        }
        #expect(failure == nil)
    }

    @Test("numbers, dates and links are read within their bounds")
    func others() async throws {
        let failure = try await MutationRun.firstFailure(
            "other headers",
            corpus: [
                "120", "Sun, 06 Nov 1994 08:49:37 GMT", "100;w=21600", "98;w=21600, 5;w=60",
                "</v2/a/tags/list?last=b&n=5>; rel=\"next\", <x>; rel=prev",
            ],
            tokens: [";w=", ",", "GMT", "Feb", "9999", "<", ">", "; rel=\"next\"", "rel=next"]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let headers = HTTPHeaders([
                ("retry-after", text), ("date", text), ("ratelimit-limit", text),
                ("ratelimit-remaining", text),
            ])
            if let seconds = RetryAfter.seconds(in: headers, now: 0) {
                try MutationRun.require((0...86_400).contains(seconds), "\(seconds) s")
            }
            _ = RateLimit(headers, seenAt: 0)
            let link = LinkHeader.next(in: [text]) ?? ""
            // A byte that is no UTF-8 on its own is read as three.
            try MutationRun.require(link.utf8.count <= 3 * 4096, "a link of \(link.utf8.count) B")
        }
        #expect(failure == nil)
    }

    private static func text(_ challenge: OfferedChallenge) -> String {
        if let token68 = challenge.token68 { return "\(challenge.scheme) \(token68)" }
        let parameters = challenge.parameters.map { name, value in
            let escaped = value.unicodeScalars.map {
                $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)"
            }
            .joined()
            return "\(name)=\"\(escaped)\""
        }
        return ([challenge.scheme] + [parameters.joined(separator: ", ")])
            .filter { !$0.isEmpty }.joined(separator: " ")
    }
}
