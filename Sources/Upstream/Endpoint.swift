// One address of an upstream, and what its answers have told of it.
import Synchronization

/// Where an upstream's `/v2/` is, as configured.
package struct EndpointSettings: Sendable, Hashable {
    /// Such as `https://registry-1.docker.io`, maybe below a path.
    package var url: EndpointURL
    /// Whether its word is taken for what names a content: tags, lists of tags and of referrers.
    /// What is asked for by digest is verified, whoever gives it.
    package var resolves: Bool

    package init(url: EndpointURL, resolves: Bool = true) {
        self.url = url
        self.resolves = resolves
    }
}

final class Endpoint: Sendable {
    let url: EndpointURL
    let resolves: Bool
    private let learned = Mutex<Challenge?>(nil)

    init(_ settings: EndpointSettings) {
        url = settings.url
        resolves = settings.resolves
    }

    /// How it wants to be signed in to, as far as its answers told.
    var challenge: Challenge? { learned.withLock { $0 } }

    func learn(_ challenge: Challenge) {
        learned.withLock { $0 = challenge }
    }
}
