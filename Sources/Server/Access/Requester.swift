/// Who asks, as far as that is known.

struct Requester: Sendable, Equatable {
    /// The client's IP address, without a port; `-` where the socket has none.
    var address: String
    /// Who signed in; nil for anonymous.
    var user: String?
    /// `http` or `https`, as the client reaches Larder.
    var scheme = "http"
    /// The name by which the client knows Larder, with its port if it has one: for absolute URLs,
    /// and for which upstream a virtual host means.
    var host: String?
}
