/// Dates in response heads and log lines.
import Foundation
import Testing

@testable import Server

@Suite("Dates")
struct HTTPDateTests {
    @Test(
        "RFC 9110 §5.6.7",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ])
    func texts(seconds: Int64, text: String) {
        #expect(HTTPDate.text(unixSeconds: seconds) == text)
    }

    @Test("every day of two centuries is the calendar's")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "GMT"))
        for day in 0..<73_000 as Range<Int64> {
            let time = CivilTime(unixSeconds: day * 86_400 + 3_661)
            let expected = calendar.dateComponents(
                [.year, .month, .day, .weekday],
                from: Date(timeIntervalSince1970: TimeInterval(day * 86_400)))
            let isSame =
                time.year == expected.year && time.month == expected.month
                && time.day == expected.day && time.weekday + 1 == expected.weekday
                && time.hour == 1 && time.minute == 1 && time.second == 1
            guard isSame else {
                Issue.record("day \(day) is \(time)")
                return
            }
        }
    }
}
