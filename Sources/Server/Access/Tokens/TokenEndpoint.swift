/// `/v2/auth`: where clients exchange a credential, or nothing, for a token of Larder's.

import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import OCI

struct TokenEndpoint: Sendable {
    static let path = "/v2/auth"

    let services: PullServices
    let table: RegistryTable
    let requester: Requester

    /// `{"token", "access_token", "expires_in"}`, the latter in seconds. No `issued_at`: it would
    /// be judged by the client's clock.
    ///
    /// - Throws: `RegistryError`; a 401 comes without a challenge, as this is where it leads.
    func answer(_ request: Request, _ target: RequestTarget) async throws -> Answer {
        let query = try await TokenQuery(request, target)
        let token = try await TokenIssuer(
            services: services, table: table, requester: requester, query: query
        ).token()
        let sealed: String
        do {
            sealed = try services.signIn.sealer.seal(token)
        } catch {
            throw RegistryError(.unavailable, "the upstream's token is too long to be passed on")
        }
        return Answer(
            .ok,
            bytes: try JSONDocument.encode(
                Document(
                    token: sealed, accessToken: sealed, expiresIn: token.end - Int64(time(nil)))
            ), type: "application/json", fields: [.cacheControl: "no-store"])
    }

    private struct Document: Encodable {
        let token: String
        let accessToken: String
        let expiresIn: Int64
    }
}
