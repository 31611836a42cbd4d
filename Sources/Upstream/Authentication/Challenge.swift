// How a registry wants to be signed in to, chosen out of its WWW-Authenticate headers.

package enum Challenge: Sendable, Hashable {
    case bearer(BearerChallenge)
    case basic

    /// The one to answer: Bearer before Basic, nil where neither is offered.
    package static func preferred(in headerValues: [String]) -> Challenge? {
        let offered = ChallengeParser.parse(headerValues)
        for challenge in offered where challenge.scheme == "bearer" {
            guard let realm = challenge.parameters["realm"], !realm.isEmpty else { continue }
            return .bearer(
                BearerChallenge(
                    realm: realm,
                    service: challenge.parameters["service"],
                    scope: challenge.parameters["scope"]))
        }
        return offered.contains { $0.scheme == "basic" } ? .basic : nil
    }
}

/// A token server and what to ask it for (distribution's token specification).
package struct BearerChallenge: Sendable, Hashable {
    /// The token server's URL as the registry wrote it, not yet judged.
    package var realm: String
    package var service: String?
    package var scope: String?

    package init(realm: String, service: String? = nil, scope: String? = nil) {
        self.realm = realm
        self.service = service
        self.scope = scope
    }
}
