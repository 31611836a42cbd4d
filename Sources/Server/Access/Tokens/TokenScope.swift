/// What a token is asked for (distribution's "Token Scope Documentation").

import OCI

/// `repository:NAME:ACTION,…`: of the actions only `pull` matters here.
struct TokenScope: Sendable, Equatable {
    /// As the client spells it; may begin with a host, as paths do.
    let repository: RepositoryName

    /// Nil for what is no pull of a repository: other types, other actions, bad names.
    init?(_ text: some StringProtocol) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last
        else { return nil }
        // `repository(plugin)` and the like are classes of one type.
        guard text[..<first].prefix(while: { $0 != "(" }) == "repository" else { return nil }
        let actions = text[text.index(after: last)...].split(separator: ",")
        guard actions.contains("pull") || actions.contains("*") else { return nil }
        guard let name = try? RepositoryName(String(text[text.index(after: first)..<last])) else {
            return nil
        }
        repository = name
    }

    /// The value of a challenge's `scope`.
    static func pull(_ repository: String) -> String { "repository:\(repository):pull" }
}
