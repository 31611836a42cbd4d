// When a registry wants to be asked again.
import NIOHTTP1
import Testing

@testable import Upstream

@Suite("Retry-After")
struct RetryAfterTests {
    private static let now: Int64 = 784_111_777

    static let answers: [(headers: HTTPHeaders, expected: Int?)] = [
        (["retry-after": "30"], 30),
        (["retry-after": "0"], 0),
        (["retry-after": "999999999999999999999"], 86_400),
        (["retry-after": "Sun, 06 Nov 1994 08:51:37 GMT"], 120),
        (["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"], 0),
        (["retry-after": "Sun, 06 Nov 1994 08:40:00 GMT"], 0),
        (["retry-after": "Wed, 01 Jan 2098 00:00:00 GMT"], 86_400),
        (
            [
                "retry-after": "Fri, 01 Mar 2024 00:00:10 GMT",
                "date": "Thu, 29 Feb 2024 23:59:55 GMT",
            ], 15
        ),
        (["retry-after": "Sun, 06 Nov 1994 08:51:37 GMT", "date": "yesterday"], 120),
        (["retry-after": "-1"], nil),
        (["retry-after": "soon"], nil),
        (["retry-after": ""], nil),
        ([:], nil),
    ]

    @Test("seconds and dates are read, relative to the answer's own date", arguments: answers)
    func reads(headers: HTTPHeaders, expected: Int?) {
        #expect(RetryAfter.seconds(in: headers, now: Self.now) == expected)
    }

    static let dates: [(String, Int64?)] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Tue, 31 Dec 2999 23:59:59 GMT", 32_503_679_999),
        ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
        ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
        ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
        ("Sun Nov  6 08:49:37 1994", nil),
        ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
        ("Sun, 32 Nov 1994 08:49:37 GMT", nil),
        ("Sun, 06 Now 1994 08:49:37 GMT", nil),
        ("", nil),
    ]

    @Test("dates are those of RFC 9110 §5.6.7", arguments: dates)
    func readsDates(text: String, expected: Int64?) {
        #expect(HTTPDate.unixSeconds(text) == expected)
    }
}
