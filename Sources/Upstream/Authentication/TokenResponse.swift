// Reads a token server's answer (distribution's token specification, "Token Response Fields").
import FoundationEssentials

enum TokenResponse {
    /// Longest token kept: more would not fit a registry's header limit.
    static let maximumTokenBytes = 64 * 1024

    /// The token of the answer, nil where it holds none. `expires_in` is 60 s where it is missing,
    /// and at least that; `issued_at` is ignored, as it depends on two clocks (R49).
    static func parse(_ body: [UInt8]) -> Token? {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(body)) else {
            return nil
        }
        let candidates = [fields.token, fields.accessToken].compactMap { $0 }
        guard let value = candidates.first(where: { !$0.isEmpty }), isHeaderSafe(value) else {
            return nil
        }
        let seconds = min(max(fields.expiresIn ?? 60, 60), 30 * 24 * 3600)
        return Token(value: Secret(value), lifetime: .seconds(seconds))
    }

    private static func isHeaderSafe(_ value: String) -> Bool {
        value.utf8.count <= maximumTokenBytes && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    private struct Fields: Decodable {
        var token: String?
        var accessToken: String?
        var expiresIn: Double?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }
}
