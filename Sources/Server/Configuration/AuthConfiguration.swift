/// What is configured of who asks.
import Upstream

/// `auth:`
struct AuthConfiguration: Sendable, Equatable {
    /// The file with Larder's own users, who may then read what is open; nil for none.
    var htpasswd: String?
    /// Whether others than those users may read what is open, too.
    var allowsAnonymous = false
    /// The peers that may say on whose behalf they ask.
    var trustedProxies: [IPNetwork] = []
    /// Users by the name of a group; a user may be in several.
    var groups: [String: [String]] = [:]
}
