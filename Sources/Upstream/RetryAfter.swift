// The seconds form of Retry-After (RFC 9110 §10.2.3).
import NIOHTTP1

enum RetryAfter {
    /// Nil where the header is missing or a date; at most a day.
    static func seconds(in headers: HTTPHeaders) -> Int? {
        guard let value = headers.first(name: "retry-after"),
            !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return min(Int(value) ?? .max, 24 * 3600)
    }
}
