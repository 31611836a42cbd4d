/// Dates as HTTP and the log write them, without a formatter's cost.

/// A second of the civil calendar, UTC.
struct CivilTime: Sendable {
    let year: Int
    /// 1–12.
    let month: Int
    /// 1–31.
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0 is Sunday.
    let weekday: Int

    /// - Parameter unixSeconds: not before 1970.
    init(unixSeconds: Int64) {
        let days = Int(unixSeconds / 86_400)
        let rest = Int(unixSeconds % 86_400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        weekday = (days + 4) % 7  // 1970-01-01 was a Thursday
        // Years are counted from March, so that the leap day comes last; eras have 400 years.
        let shifted = days + 719_468  // days from 0000-03-01 to 1970-01-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    static func digits(_ value: Int, _ count: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(unixSeconds: Int64) -> String {
        let time = CivilTime(unixSeconds: unixSeconds)
        let two = { CivilTime.digits($0) }
        return "\(weekdays[time.weekday]), \(two(time.day)) \(months[time.month - 1]) "
            + "\(CivilTime.digits(time.year, 4)) \(two(time.hour)):\(two(time.minute)):"
            + "\(two(time.second)) GMT"
    }
}
