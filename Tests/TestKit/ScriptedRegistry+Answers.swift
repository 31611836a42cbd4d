// Answers requests as a registry that follows the OCI distribution-spec.
import Foundation
import NIOHTTP1
import OCI
import Synchronization

extension ScriptedRegistry {
    func answer(
        _ head: HTTPRequestHead, _ body: [UInt8], _ writer: ResponseWriter
    ) async throws {
        let request = RecordedRequest(
            method: head.method.rawValue, uri: head.uri,
            headers: head.headers.map { (name: $0.name, value: $0.value) },
            body: String(decoding: body, as: UTF8.self))
        let number = requests.append(request)
        let faults = takeFaults(for: request)
        var response = self.response(to: request)
        let ignoresRange = faults.contains { if case .ignoreRange = $0 { true } else { false } }
        if !ignoresRange { response.applyRange(request.header("range")) }
        for fault in faults { response.apply(fault, gate: gate) }
        let status = response.status
        try await response.send(to: writer, isHead: head.method == .HEAD) {
            requests.update(number) { $0.status = status }
        } sent: { count in
            requests.update(number) { $0.bodyBytes += count }
        }
        requests.update(number) { $0.isAnswered = true }
    }

    private func response(to request: RecordedRequest) -> ScriptedResponse {
        if request.path == "/token" { return answerToken(request) }
        if request.path.hasPrefix("/objects/") { return answerObject(request) }
        guard request.path.hasPrefix("/v2/") else { return .error(404, "NOT_FOUND") }
        let route = ScriptedRoute(path: request.path)
        if let refusal = refusal(of: request, repository: route?.repository) { return refusal }
        if request.path == "/v2/" { return .json(200, "{}") }
        guard let route else { return .error(404, "NAME_UNKNOWN") }
        return answer(route, request)
    }

    private func answer(_ route: ScriptedRoute, _ request: RecordedRequest) -> ScriptedResponse {
        let (content, storage, paging) = state.withLock {
            ($0.repositories[route.repository], $0.storage, $0.paging)
        }
        guard let content else { return .error(404, "NAME_UNKNOWN") }
        switch route.kind {
        case .manifest: return Self.manifest(content, route.reference)
        case .blob: return Self.blob(content, route.reference, storage)
        case .tags: return Self.tags(content, route.repository, request, paging)
        case .referrers: return Self.referrers(content, route.reference, request, paging)
        }
    }

    private static func manifest(
        _ content: RepositoryContent, _ reference: String
    ) -> ScriptedResponse {
        let digest = content.tags[reference] ?? (try? Digest(reference))
        guard let digest, let manifest = content.manifests[digest] else {
            return .error(404, "MANIFEST_UNKNOWN")
        }
        let headers = [
            ("Content-Type", manifest.mediaType.rawValue),
            ("Docker-Content-Digest", digest.description),
        ]
        return ScriptedResponse(status: 200, headers: headers, body: manifest.bytes)
    }

    private static func blob(
        _ content: RepositoryContent, _ reference: String, _ redirect: BlobRedirect?
    ) -> ScriptedResponse {
        guard let digest = try? Digest(reference), let bytes = content.blobs[digest] else {
            return .error(404, "BLOB_UNKNOWN")
        }
        if let redirect {
            let link = redirect.storage.makeLink(to: bytes, uses: redirect.linkUses)
            return ScriptedResponse(status: redirect.status, headers: [("Location", link)])
        }
        let headers = [
            ("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"),
            ("Docker-Content-Digest", digest.description),
        ]
        return ScriptedResponse(status: 200, headers: headers, body: bytes)
    }
}

extension ScriptedRegistry {
    /// The 401 of a request that is not signed in, nil where it is or need not be.
    private func refusal(
        of request: RecordedRequest, repository: String?
    ) -> ScriptedResponse? {
        let (authentication, realm) = state.withLock { ($0.authentication, $0.realm) }
        var refusal = ScriptedResponse.error(401, "UNAUTHORIZED")
        switch authentication {
        case nil: return nil
        case .basic(let credentials):
            let good = credentials.map { "Basic \(Data($0.utf8).base64EncodedString())" }
            if let given = request.header("authorization"), good.contains(given) { return nil }
            refusal.setHeader("WWW-Authenticate", "Basic realm=\"scripted\"")
        case .token(let authority, let challengesOnlyAtRoot):
            let token = request.header("authorization")?.split(separator: " ").last ?? ""
            if authority.accepts(String(token), for: repository) { return nil }
            if challengesOnlyAtRoot && repository != nil { return refusal }
            let scope = repository.map { ",scope=\"repository:\($0):pull\"" } ?? ""
            refusal.setHeader(
                "WWW-Authenticate",
                "Bearer realm=\"\(realm)\",service=\"\(authority.rules.service)\"\(scope)")
        }
        return refusal
    }

    private func answerToken(_ request: RecordedRequest) -> ScriptedResponse {
        guard let authority = state.withLock({ $0.tokenAuthority }) else {
            return .error(404, "NOT_FOUND")
        }
        let rules = authority.rules
        if let refreshToken = rules.refreshToken {
            return exchange(request, refreshToken, authority)
        }
        if let credential = rules.credential {
            let expected = "Basic \(Data(credential.utf8).base64EncodedString())"
            guard request.header("authorization") == expected else {
                return .error(401, "UNAUTHORIZED")
            }
        }
        guard let scopes = authority.granted(request.queries("scope"), to: basic(of: request))
        else { return .error(401, "UNAUTHORIZED") }
        let token = authority.issue(scopes: scopes)
        let expiry = rules.expiresIn.map { ",\"expires_in\":\($0)" } ?? ""
        return .json(200, "{\"\(rules.field)\":\"\(token)\"\(expiry)}")
    }

    /// `user:password`, empty where there is none.
    private func basic(of request: RecordedRequest) -> String {
        guard let field = request.header("authorization"), field.hasPrefix("Basic "),
            let data = Data(base64Encoded: String(field.dropFirst(6)))
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// OAuth2 with a refresh token (distribution, "Docker Registry v2 authentication using OAuth2").
    private func exchange(
        _ request: RecordedRequest, _ refreshToken: String, _ authority: TokenAuthority
    ) -> ScriptedResponse {
        let form = "application/x-www-form-urlencoded"
        guard request.method == "POST", request.header("content-type") == form,
            request.fields("grant_type") == ["refresh_token"],
            request.fields("service") == [authority.rules.service],
            request.fields("client_id").count == 1,
            request.fields("refresh_token") == [refreshToken]
        else { return .error(401, "UNAUTHORIZED") }
        let scopes = request.fields("scope").flatMap { $0.split(separator: " ") }
        let token = authority.issue(scopes: scopes.map(String.init))
        return .json(200, "{\"access_token\":\"\(token)\",\"expires_in\":300}")
    }
}
