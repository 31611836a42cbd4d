// Retry-After as seconds or as a date (RFC 9110 §10.2.3).
import Glibc
import NIOHTTP1

enum RetryAfter {
    /// The most that is told on.
    static let maximumSeconds = 24 * 3600

    /// Seconds from now; nil where the header is missing or neither of the two forms. A date is
    /// taken relative to the answer's own `Date`, so that two clocks that differ do not matter
    /// (R49), and to `now` (Unix seconds) only where there is none.
    static func seconds(in headers: HTTPHeaders, now: Int64 = Int64(time(nil))) -> Int? {
        guard let value = headers.first(name: "retry-after"), !value.isEmpty else { return nil }
        if value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return min(Int(value) ?? .max, maximumSeconds)
        }
        guard let date = HTTPDate.unixSeconds(value) else { return nil }
        let sent = headers.first(name: "date").flatMap(HTTPDate.unixSeconds) ?? now
        return Int(min(max(date - sent, 0), Int64(maximumSeconds)))
    }
}
