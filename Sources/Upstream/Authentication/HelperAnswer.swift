// Reads what a credential helper answered to `get`.
import FoundationEssentials

enum HelperAnswer {
    /// What helpers print, and fail, where they have nothing for a registry
    /// (docker-credential-helpers, `credentials/error.go`).
    private static let notFound = "credentials not found in native keychain"

    /// The credential of `{"ServerURL": …, "Username": …, "Secret": …}`; nil where the helper has
    /// none for the registry.
    ///
    /// - Throws: ``CredentialFailure`` that quotes nothing of the output, which may be a secret.
    static func credential(
        _ output: [UInt8], exitCode: Int32
    ) throws(CredentialFailure) -> Credential? {
        guard exitCode == 0 else {
            let text = String(decoding: output.prefix(256), as: UTF8.self)
            if text.drop(while: \.isWhitespace).hasPrefix(notFound) { return nil }
            throw CredentialFailure(
                reason: exitCode < 0 ? "was ended by a signal" : "failed with status \(exitCode)")
        }
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(output)),
            !fields.Username.isEmpty, !fields.Secret.isEmpty, isUsable(fields)
        else { throw CredentialFailure(reason: "gave no usable answer") }
        return Credential(username: fields.Username, password: Secret(fields.Secret))
    }

    /// A user name with a colon cannot be told from its password (RFC 7617 §2).
    private static func isUsable(_ fields: Fields) -> Bool {
        !fields.Username.contains(":")
            && (fields.Username + fields.Secret).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// The names are the protocol's.
    private struct Fields: Decodable {
        var Username: String
        var Secret: String
    }
}
