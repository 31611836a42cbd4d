// Why a credential could not be had. Never holds what a helper printed.

struct CredentialFailure: Error, Equatable {
    /// A phrase that follows the source's name.
    var reason: String
}
