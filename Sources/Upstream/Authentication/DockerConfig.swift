// Docker's client configuration: which credential it has for a registry.
import FoundationEssentials

/// `auths`, `credHelpers` and `credsStore` of `~/.docker/config.json`; the rest is ignored.
package struct DockerConfig: Sendable {
    enum Lookup: Sendable, Equatable {
        case credential(Credential)
        case helper(CredentialHelper)
        /// The file has nothing for the registry.
        case none
    }

    /// Longest file read.
    package static let maximumBytes = 1024 * 1024

    private let fields: Fields

    init(_ bytes: [UInt8]) throws(CredentialFailure) {
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(bytes))
        } catch {
            // The decoder's own error may quote the file.
            throw CredentialFailure(reason: "is no Docker configuration")
        }
    }

    /// A helper of the registry's own goes before the one for all, and that before what is in the
    /// file (docs.docker.com, "docker login", "Credential stores").
    ///
    /// - Parameter server: as ``RegistryServer/name(of:)`` has it.
    func lookup(_ server: String) throws(CredentialFailure) -> Lookup {
        if let name = Self.value(fields.credHelpers, server) ?? fields.credsStore, !name.isEmpty {
            guard let helper = CredentialHelper(name), !name.hasPrefix("/") else {
                throw CredentialFailure(reason: "names no credential helper for \(server)")
            }
            return .helper(helper)
        }
        guard let entry = Self.value(fields.auths, server) else { return .none }
        if let token = entry.identitytoken, !token.isEmpty {
            return .credential(.identityToken(Secret(token)))
        }
        guard let auth = entry.auth, !auth.isEmpty else { return .none }
        guard let credential = Self.credential(auth) else {
            throw CredentialFailure(reason: "has an unreadable entry for \(server)")
        }
        return .credential(credential)
    }

    /// The entry of exactly this name, else one whose URL has this host.
    private static func value<Value>(_ entries: [String: Value]?, _ server: String) -> Value? {
        guard let entries else { return nil }
        if let exact = entries[server] { return exact }
        let host = RegistryServer.host(of: server)
        return entries.sorted { $0.key < $1.key }.first {
            RegistryServer.host(of: $0.key) == host
        }?.value
    }

    /// The user name and password of `auth`, which some clients end with NUL bytes.
    private static func credential(_ auth: String) -> Credential? {
        guard let data = Data(base64Encoded: auth),
            let pair = String(validating: data, as: UTF8.self),
            let colon = pair.firstIndex(of: ":")
        else { return nil }
        let password = pair[pair.index(after: colon)...].prefix { $0 != "\0" }
        guard colon != pair.startIndex, !password.isEmpty else { return nil }
        return Credential(
            username: String(pair[..<colon]), password: Secret(String(password)))
    }

    private struct Fields: Decodable, Sendable {
        struct Entry: Decodable, Sendable {
            var auth: String?
            var identitytoken: String?
        }

        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }
}
