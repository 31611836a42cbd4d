// What a registry says about how much may still be pulled (Docker Hub, "Usage and limits").
import NIOHTTP1

/// As `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 98;w=21600` tell it.
package struct RateLimit: Sendable, Equatable {
    /// Requests per window.
    package var limit: Int
    package var remaining: Int
    /// Nil where the registry does not tell.
    package var windowSeconds: Int?
    /// Unix seconds of the answer that told.
    package var seenAt: Int64

    /// Nil unless both headers are there: a registry without a limit sends none.
    init?(_ headers: HTTPHeaders, seenAt: Int64) {
        guard let limit = headers.first(name: "ratelimit-limit").flatMap(Quota.init),
            let remaining = headers.first(name: "ratelimit-remaining").flatMap(Quota.init)
        else { return nil }
        self.limit = limit.value
        self.remaining = remaining.value
        windowSeconds = limit.windowSeconds ?? remaining.windowSeconds
        self.seenAt = seenAt
    }

    /// A number with parameters, of which `w` is the window; the first where there are several.
    private struct Quota {
        var value: Int
        var windowSeconds: Int?

        init?(_ text: String) {
            let first = text.prefix { $0 != "," }
            let parts = first.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let value = parts.first.flatMap(Self.number) else { return nil }
            self.value = value
            windowSeconds = parts.dropFirst().first { $0.hasPrefix("w=") }
                .flatMap { Self.number(String($0.dropFirst(2))) }
        }

        private static func number(_ text: String) -> Int? {
            text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
        }
    }
}
