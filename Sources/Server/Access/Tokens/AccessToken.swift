/// What Larder's own token says, once it is open.

import OCI
import Upstream

/// Sealed by `TokenSealer`: whoever holds it cannot read it.
struct AccessToken: Sendable, Codable {
    /// What one upstream gave, and for which of its repositories.
    struct Grant: Sendable, Codable {
        let upstream: String
        let repositories: [String]
        let identity: ReaderIdentity
        /// Nil where the upstream could not be asked: good for verdicts that were given before
        /// (`access_grace`).
        let proof: GuestGrant?
    }

    /// At least so long, at most so long (distribution's token specification: 60 s and more).
    static let lifetimes: ClosedRange<Int64> = 60...3600

    /// Unix seconds.
    let end: Int64
    /// One of Larder's own users, with what shows whether its entry is still the same.
    let user: String?
    let entry: String?
    let grants: [Grant]

    enum CodingKeys: String, CodingKey {
        case end = "exp"
        case user, entry, grants
    }

    func grant(for key: RepositoryName, of upstream: String) -> Grant? {
        grants.first { $0.upstream == upstream && $0.repositories.contains("\(key)") }
    }
}
