// WWW-Authenticate headers as registries write them, and as they should not.
import Testing

@testable import Upstream

@Suite("Challenge parser (RFC 9110 §11.6.1)")
struct ChallengeParserTests {
    static let table: [(values: [String], expected: [OfferedChallenge])] = [
        (
            [#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#],
            [
                OfferedChallenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                    ])
            ]
        ),
        (
            [#"bearer Realm=https://a/t , SERVICE = "s""#],
            [
                OfferedChallenge(
                    scheme: "bearer", parameters: ["realm": "https://a/t", "service": "s"])
            ]
        ),
        (
            [#"Bearer realm="a",scope="repository:x:pull,push", Basic realm="b""#],
            [
                OfferedChallenge(
                    scheme: "bearer",
                    parameters: ["realm": "a", "scope": "repository:x:pull,push"]),
                OfferedChallenge(scheme: "basic", parameters: ["realm": "b"]),
            ]
        ),
        (
            [#"Basic realm="b""#, #"Bearer realm="a""#],
            [
                OfferedChallenge(scheme: "basic", parameters: ["realm": "b"]),
                OfferedChallenge(scheme: "bearer", parameters: ["realm": "a"]),
            ]
        ),
        (
            [#"Negotiate, NTLM abc/+==, Basic realm="x""#],
            [
                OfferedChallenge(scheme: "negotiate"),
                OfferedChallenge(scheme: "ntlm", token68: "abc/+=="),
                OfferedChallenge(scheme: "basic", parameters: ["realm": "x"]),
            ]
        ),
        (
            [#"Basic realm="a \"quoted\" \\ name""#],
            [OfferedChallenge(scheme: "basic", parameters: ["realm": #"a "quoted" \ name"#])]
        ),
        (
            [#"Bearer realm="first",realm="second""#],
            [OfferedChallenge(scheme: "bearer", parameters: ["realm": "first"])]
        ),
        (
            [#", ,Basic realm="b","#],
            [OfferedChallenge(scheme: "basic", parameters: ["realm": "b"])]
        ),
        ([#"Bearer realm="open"#], [OfferedChallenge(scheme: "bearer")]),
        ([#"realm="x""#], []),
        ([""], []),
        (["\"\"\",,,==="], []),
    ]

    @Test("reads every challenge of a header", arguments: table)
    func parses(values: [String], expected: [OfferedChallenge]) {
        #expect(ChallengeParser.parse(values) == expected)
    }

    @Test("stops at 16 challenges and at 8 KiB (R45)")
    func isBounded() {
        let many = String(repeating: "Basic realm=x, ", count: 10_000)
        #expect(ChallengeParser.parse([many, many]).count == 16)
        let long = "Bearer realm=\"" + String(repeating: "x", count: 100_000) + "\""
        #expect(Challenge.preferred(in: [long]) == nil)
    }

    @Test("prefers Bearer to Basic, and skips Bearer without realm")
    func prefersBearer() {
        let both = #"Basic realm="b", Bearer realm="https://a/t",service="s",scope="aws""#
        let bearer = BearerChallenge(realm: "https://a/t", service: "s", scope: "aws")
        #expect(Challenge.preferred(in: [both]) == .bearer(bearer))
        #expect(Challenge.preferred(in: ["Bearer service=x", "Basic realm=y"]) == .basic)
        #expect(Challenge.preferred(in: ["Negotiate"]) == nil)
    }
}
