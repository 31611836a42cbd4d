// What came of one HTTP request to an upstream, out of a small fixed set.

/// The raw value is a metric's label.
package enum UpstreamOutcome: String, Sendable, CaseIterable {
    case success = "2xx"
    case redirect = "3xx"
    case unauthorized = "401"
    case notFound = "404"
    case rateLimited = "429"
    case refused = "4xx"
    case serverError = "5xx"
    case unreachable
    case timedOut = "timed_out"
    /// No valid HTTP, or a status outside of 200 to 599.
    case other

    init(status: Int) {
        switch status {
        case 401: self = .unauthorized
        case 404: self = .notFound
        case 429: self = .rateLimited
        case 200..<300: self = .success
        case 300..<400: self = .redirect
        case 400..<500: self = .refused
        case 500..<600: self = .serverError
        default: self = .other
        }
    }

    init(_ error: UpstreamError) {
        switch error.kind {
        case .unreachable: self = .unreachable
        case .timedOut: self = .timedOut
        case .status(let status): self.init(status: status)
        case .rateLimited: self = .rateLimited
        case .tooLarge, .malformed, .refusedRedirect, .forbiddenRedirect, .refusedRealm,
            .refusedAddress, .truncated, .suspended, .noCredentials, .overloaded, .offline:
            self = .other
        }
    }
}
