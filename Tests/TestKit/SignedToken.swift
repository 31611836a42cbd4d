// Tokens as a real registry verifies them (distribution, "Token Authentication Implementation").
import Crypto
import Foundation

/// A JWT, signed with the key of `TestCertificates.server`; the registry trusts the authority.
package enum SignedToken {
    package static let issuer = "larder-test"

    private struct Header: Encodable {
        let typ = "JWT"
        let alg = "ES256"
        let x5c: [String]
    }

    private struct Claims: Encodable {
        struct Access: Encodable {
            let type = "repository"
            let name: String
            let actions = ["pull"]
        }
        let iss = issuer
        let sub = ""
        let aud: String
        let exp: Int
        let nbf: Int
        let iat: Int
        let jti = UUID().uuidString
        let access: [Access]
    }

    /// - Parameter scopes: `repository:NAME:pull` each.
    static func make(scopes: [String], service: String, expiresIn seconds: Int) throws -> String {
        let pair = TestCertificates.server
        let certificate = pair.certificate.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let now = Int(Date.now.timeIntervalSince1970)
        let claims = Claims(
            aud: service, exp: now + seconds, nbf: now - 5, iat: now,
            access: scopes.map { Claims.Access(name: String($0.split(separator: ":")[1])) })
        let header = Header(x5c: [certificate.joined()])
        let text =
            try "\(base64URL(JSONEncoder().encode(header)))"
            + ".\(base64URL(JSONEncoder().encode(claims)))"
        let key = try P256.Signing.PrivateKey(pemRepresentation: pair.key)
        let signature = try key.signature(for: Data(text.utf8)).rawRepresentation
        return "\(text).\(base64URL(signature))"
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
