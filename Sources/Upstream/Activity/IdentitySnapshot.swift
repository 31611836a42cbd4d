// How one identity of an upstream fares, for statistics.

package struct IdentitySnapshot: Sendable, Equatable {
    /// The user name, the helper or the file; `anonymous` for none. No secret.
    package var label: String
    /// What the registry told last; nil where it did not.
    package var rateLimit: RateLimit?
    /// How long nothing is sent with it, after a 429; nil where it may be used.
    package var pause: Duration?
    /// Requests that were refused in such pauses without a call upstream.
    package var refused: Int
}
