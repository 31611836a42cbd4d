// A bearer token and how long it may be used.

struct Token: Sendable, Hashable {
    var value: Secret
    /// From the moment the answer was read.
    var lifetime: Duration
}

/// What makes two requests need the same token (R65).
struct TokenKey: Sendable, Hashable {
    var upstream: String
    /// The endpoint that it is for: no endpoint is shown a token that another one asked for.
    var registry: EndpointURL.Origin
    var realm: EndpointURL
    var service: String?
    var scopes: [String]
    /// The identity asked for; nil is anonymous.
    var credential: Credential?
}
