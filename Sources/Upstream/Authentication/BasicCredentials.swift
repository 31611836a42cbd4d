// The Basic scheme's credentials (RFC 7617 §2).
import FoundationEssentials

enum BasicCredentials {
    static func headerValue(_ credential: Credential) -> String {
        let pair = "\(credential.username):\(credential.password.reveal())"
        return "Basic \(Data(pair.utf8).base64EncodedString())"
    }
}
