/// One rule about who may pull what, as it is configured.

import OCI
import Upstream

/// One item of `rules`. It is about requests that meet all of its conditions; without any, about
/// every request.
struct AccessRule: Sendable, Hashable {
    enum Action: String, Sendable, CaseIterable {
        case allow, deny
    }

    /// Not nil in a loaded configuration.
    var action: Action?
    /// By which it is told of, instead of its number.
    var name: String?
    /// Told to who is refused.
    var reason: String?
    /// In a loaded configuration the upstreams' own names.
    var upstreams: [String] = []
    /// In a loaded configuration `UPSTREAM/REPOSITORY` with globs.
    var repositories: [Glob] = []
    var tags: [Glob] = []
    /// Of who signed in.
    var users: [Glob] = []
    var groups: [String] = []
    var networks: [IPNetwork] = []

    var isAboutUsers: Bool { !users.isEmpty || !groups.isEmpty }

    /// Whether it is about every request.
    var isUnconditional: Bool { hasSameConditions(as: AccessRule()) }

    func hasSameConditions(as other: AccessRule) -> Bool {
        var (one, other) = (self, other)
        (one.action, one.name, one.reason) = (nil, nil, nil)
        (other.action, other.name, other.reason) = (nil, nil, nil)
        return one == other
    }
}

extension AccessRule: CustomStringConvertible {
    /// `deny repository docker.io/library/*, tag *-dev`.
    var description: String {
        let conditions: [(String, [String])] = [
            ("upstream", upstreams), ("repository", repositories.map { "\($0)" }),
            ("tag", tags.map { "\($0)" }), ("user", users.map { "\($0)" }), ("group", groups),
            ("network", networks.map { "\($0)" }),
        ]
        let texts = conditions.filter { !$0.1.isEmpty }.map { name, values in
            "\(name) \(values.joined(separator: " or "))"
        }
        let subject = texts.isEmpty ? "everything" : texts.joined(separator: ", ")
        return "\(action?.rawValue ?? "-") \(subject)"
    }
}
