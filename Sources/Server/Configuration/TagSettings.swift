/// What is configured of tags: how long they are served as they were last seen.
import OCI

/// `tags:`
struct TagSettings: Sendable, Equatable {
    /// How long a resolved tag is served without asking its registry again.
    var freshFor = Duration.seconds(60)
    /// How long after that it is served at once while it is verified behind the answer.
    var staleWhileRevalidate = Duration.zero
    /// How long after `freshFor` it is served while its registry cannot answer.
    var staleIfError = Duration.seconds(7 * 86_400)
    /// The first that matches a tag decides; what it leaves out is as above.
    var rules: [TagRule] = []
}

/// One item of `tags.rules`.
struct TagRule: Sendable, Hashable {
    /// Not nil in a loaded configuration.
    var match: ImagePattern?
    var freshFor: Duration?
    var staleWhileRevalidate: Duration?
    var staleIfError: Duration?
    /// Whether a tag is never verified again once it is known.
    var isImmutable: Bool?

    /// - Parameter repository: with its upstream, `docker.io/library/alpine`.
    func matches(repository: String, tag: String) -> Bool {
        match?.matches(repository: repository, tag: tag) == true
    }
}
