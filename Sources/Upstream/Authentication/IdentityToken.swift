// Identity tokens: what some registries give instead of a password (Docker's `IdentityToken`).

extension Credential {
    /// The user name that marks an identity token (docker-credential-helpers, "Development").
    package static let identityTokenUsername = "<token>"

    /// A refresh token for the registry's token server.
    package static func identityToken(_ token: Secret) -> Credential {
        Credential(username: identityTokenUsername, password: token)
    }

    /// Whether it is exchanged by OAuth2 at the realm instead of sent as Basic.
    var isIdentityToken: Bool { username == Self.identityTokenUsername }
}
