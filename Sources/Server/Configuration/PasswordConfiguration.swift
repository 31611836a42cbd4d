/// A password that is written out, or in a file that is named.
import Upstream

protocol PasswordConfiguration {
    /// The password itself, wherever it came from; empty where there is none.
    var password: Secret { get set }
    /// Where the password was read from, nil where it was written in the configuration itself.
    var passwordFile: String? { get set }
}

extension PasswordConfiguration {
    /// The password where it is written out. A file from a weaker source gives way to it.
    var literalPassword: Secret {
        get { passwordFile == nil ? password : Secret("") }
        set {
            password = newValue
            passwordFile = nil
        }
    }

    /// The file with the password. A password from a weaker source gives way to it.
    var givenPasswordFile: String? {
        get { passwordFile }
        set {
            password = Secret("")
            passwordFile = newValue
        }
    }
}
