/// Seals Larder's tokens, and makes the hashes by which readers are told apart.

import Crypto
import FoundationEssentials
import OCI
import Upstream

/// AES-256-GCM and HMAC-SHA-256, both with keys made of the one in the data directory.
struct TokenSealer: Sendable {
    static let fileName = "token.key"
    private static let prefix = "larder_"
    /// Clients and what stands between keep headers of so many bytes.
    private static let maximumBytes = 12 * 1024

    /// The upstream's token is too long to be sealed into one of Larder's.
    struct TooLong: Error {}

    private let sealing: SymmetricKey
    private let hash: KeyedHash

    init(_ secret: Secret) {
        let key = SymmetricKey(data: Data(secret.reveal().utf8))
        func derived(_ purpose: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: key, info: Data(purpose.utf8), outputByteCount: 32)
        }
        sealing = derived("larder token")
        hash = KeyedHash(key: derived("larder identity"))
    }

    /// The key in the data directory, made at the first start. Blocking.
    static func load(dataDirectory: String) throws -> TokenSealer {
        TokenSealer(try SecretFile.load(dataDirectory + "/" + fileName))
    }

    func seal(_ token: AccessToken) throws -> String {
        let plain = try JSONEncoder().encode(token)
        guard let box = try AES.GCM.seal(plain, using: sealing).combined else { throw TooLong() }
        let text = Self.prefix + Base64URL.encode(box)
        guard text.utf8.count <= Self.maximumBytes else { throw TooLong() }
        return text
    }

    /// Nil for what was not sealed with this key, or was changed, or is over.
    ///
    /// - Parameter now: Unix seconds.
    func open(_ text: String, now: Int64) -> AccessToken? {
        guard text.utf8.count <= Self.maximumBytes, text.hasPrefix(Self.prefix),
            let data = Base64URL.decode(text.dropFirst(Self.prefix.count)),
            let box = try? AES.GCM.SealedBox(combined: data),
            let plain = try? AES.GCM.open(box, using: sealing),
            let token = try? JSONDecoder().decode(AccessToken.self, from: plain), now < token.end
        else { return nil }
        return token
    }

    /// - Parameter credential: nil for whoever came without one.
    func identity(of credential: Credential?, at upstream: String) -> ReaderIdentity {
        guard let credential else { return .anonymous }
        return ReaderIdentity(
            value: hash.value(
                of: upstream, credential.username, credential.password.reveal()))
    }

    /// What a token keeps of a user's entry.
    func fingerprint(of entry: String) -> String { hash.value(of: "entry", entry) }
}

/// RFC 4648 §5, without padding.
enum Base64URL {
    static func encode(_ data: Data) -> String {
        let text = data.base64EncodedString()
        return String(
            text.compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    static func decode(_ text: Substring) -> Data? {
        var standard = String(
            text.map { character in
                switch character {
                case "-": "+"
                case "_": "/"
                default: character
                }
            })
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard)
    }
}
