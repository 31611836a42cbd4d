// Dates in HTTP headers (RFC 9110 §5.6.7).

enum HTTPDate {
    /// Unix seconds of `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still generated; nil
    /// for anything else. The name of the day is not checked.
    static func unixSeconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","),
            parts[5] == "GMT",
            let day = number(parts[1], digits: 2), (1...31).contains(day),
            let month = months.firstIndex(of: parts[2]),
            let year = number(parts[3], digits: 4)
        else { return nil }
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3, let hour = number(time[0], digits: 2), hour < 24,
            let minute = number(time[1], digits: 2), minute < 60,
            let second = number(time[2], digits: 2), second <= 60
        else { return nil }
        return days(year, Int64(month) + 1, day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }

    /// Days since 1970-01-01 in the Gregorian calendar, its years counted from March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let march = (month + 9) % 12
        let years = year - march / 10
        let leaps = years / 4 - years / 100 + years / 400
        return 365 * years + leaps + (march * 306 + 5) / 10 + day - 1 - 719_468
    }
}
