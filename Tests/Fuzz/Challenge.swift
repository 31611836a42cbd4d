// Challenges: they read as what they render to, and no more than sixteen of them.
@testable import Upstream

extension ParserCheck {
    static let challenges = ParserCheck(
        name: "challenges",
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
        try require(parsed.count <= 16, "\(parsed.count) challenges")
        let rendered = parsed.map(text).joined(separator: ", ")
        guard rendered.utf8.count <= 8 * 1024 else { return }
        let again = ChallengeParser.parse([rendered])
        try require(again == parsed, "\(parsed) became \(again)")
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
