/// What Larder signs in to an upstream with, as it is configured.
import Upstream

/// A user name with its password or a file that holds it, or a helper, or a file of Docker's.
struct CredentialConfiguration: PasswordConfiguration, Sendable, Hashable {
    /// Not empty in a loaded configuration that has neither helper nor Docker's file.
    var username = ""
    /// Not empty where there is a user name.
    var password = Secret("")
    var passwordFile: String?
    /// The program that is asked for a credential.
    var helper: CredentialHelper?
    /// The `config.json` that holds credentials or names their helpers.
    var dockerConfig: String?
}

extension CredentialConfiguration {
    /// As the upstream client takes it.
    var source: CredentialSource {
        if let helper { return .helper(helper) }
        if let dockerConfig { return .dockerConfig(dockerConfig) }
        return .fixed(Credential(username: username, password: password))
    }

    /// The helper. Whatever else a weaker source says gives way to it.
    var givenHelper: CredentialHelper? {
        get { helper }
        set {
            self = CredentialConfiguration()
            helper = newValue
        }
    }

    /// Docker's file. Whatever else a weaker source says gives way to it.
    var givenDockerConfig: String? {
        get { dockerConfig }
        set {
            self = CredentialConfiguration()
            dockerConfig = newValue
        }
    }
}
