// The rate limit headers of registries.
import NIOHTTP1
import Testing

@testable import Upstream

@Suite("Rate limit headers")
struct RateLimitTests {
    static let told: [(limit: String, remaining: String, expected: [Int?])] = [
        ("100;w=21600", "98;w=21600", [100, 98, 21600]),
        ("100", "0", [100, 0, nil]),
        ("100; w=21600", "98", [100, 98, 21600]),
        ("200", "7;w=3600", [200, 7, 3600]),
        ("100, 100;w=60", "5, 5;w=60", [100, 5, nil]),
        ("100;burst=5;w=60", "5", [100, 5, 60]),
    ]

    @Test("limit, remaining and window are read", arguments: told)
    func reads(limit: String, remaining: String, expected: [Int?]) throws {
        let headers: HTTPHeaders = [
            "RateLimit-Limit": limit, "ratelimit-remaining": remaining,
            "docker-ratelimit-source": "192.0.2.1",
        ]
        let parsed = try #require(RateLimit(headers, seenAt: 7))
        #expect([parsed.limit, parsed.remaining, parsed.windowSeconds] == expected)
        #expect(parsed.seenAt == 7)
    }

    static let untold: [HTTPHeaders] = [
        [:],
        ["ratelimit-limit": "100;w=21600"],
        ["ratelimit-remaining": "100;w=21600"],
        ["ratelimit-limit": "many", "ratelimit-remaining": "1"],
        ["ratelimit-limit": "-1", "ratelimit-remaining": "1"],
        ["ratelimit-limit": "", "ratelimit-remaining": ""],
        ["ratelimit-limit": ";w=1", "ratelimit-remaining": "1"],
        ["ratelimit-limit": "99999999999999999999", "ratelimit-remaining": "1"],
    ]

    @Test("anything else is no rate limit", arguments: untold)
    func ignores(headers: HTTPHeaders) {
        #expect(RateLimit(headers, seenAt: 0) == nil)
    }
}
