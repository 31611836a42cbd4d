/// What is configured of who asks.
import Upstream

/// `auth:`
struct AuthConfiguration: Sendable, Equatable {
    /// The peers that may say on whose behalf they ask.
    var trustedProxies: [IPNetwork] = []
    /// Users by the name of a group; a user may be in several.
    var groups: [String: [String]] = [:]
}
