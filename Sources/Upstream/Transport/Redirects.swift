// Which redirects are followed, decided without sending anything (RFC 9110 §15.4).

enum Redirects {
    /// Hops followed for one request.
    static let maximumHops = 5

    static func isRedirect(status: Int) -> Bool {
        [301, 302, 303, 307, 308].contains(status)
    }

    enum Refusal: Error, Equatable {
        case tooMany
        case noLocation
        case unusableLocation
        /// From https, or altogether where the upstream is https only.
        case plainHTTP

        var reason: String {
            switch self {
            case .tooMany: "more than \(Redirects.maximumHops) redirects"
            case .noLocation: "a redirect without Location"
            case .unusableLocation: "a redirect to something other than an http or https URL"
            case .plainHTTP: "a redirect to plain http"
            }
        }
    }

    /// Where to go after `hops` redirects were followed already.
    static func target(
        of location: String?, from url: EndpointURL, hops: Int, allowHTTP: Bool
    ) throws(Refusal) -> EndpointURL {
        guard hops < maximumHops else { throw .tooMany }
        guard let location, !location.isEmpty else { throw .noLocation }
        guard let target = url.resolving(location) else { throw .unusableLocation }
        guard target.origin.isTLS || allowHTTP else { throw .plainHTTP }
        return target
    }
}
