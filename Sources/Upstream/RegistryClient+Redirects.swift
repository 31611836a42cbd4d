// Follows redirects or leaves them to the client, and keeps the Authorization to the origin that
// asked for it (R66).
import Logging
import NIOHTTP1

extension RegistryClient {
    func follow(
        _ request: RegistryRequest, at endpoint: Endpoint, authorization: Authorization?
    ) async throws -> TransportResponse {
        var url = endpoint.url.appending(path: request.path, query: request.query)
        guard url.origin.isTLS || settings.allowHTTP else {
            throw error(.unreachable, "\(url.origin) is plain http, which is not allowed for it")
        }
        var redirect: TransportResponse?
        for hops in 0... {
            let response: TransportResponse
            do {
                response = try await hop(
                    request, to: url, of: endpoint, authorization: authorization)
            } catch let error as UpstreamError {
                guard let redirect, request.canHandOver, !isEndpoint(url.origin),
                    settings.redirects.handsOver(after: error)
                else { throw error }
                unreachableTargets.add(url.origin)
                logger.notice(
                    "redirect handed over, its target did not answer",
                    metadata: ["upstream": "\(settings.name)", "error": "\(error.message)"])
                return handOver(redirect, to: url)
            }
            guard Redirects.isRedirect(status: response.status) else { return response }
            url = try target(of: response, hops: hops)
            await response.body.discard()
            switch action(for: url.origin, request) {
            case .follow: redirect = response
            case .handOver: return handOver(response, to: url)
            case .refuse:
                throw error(
                    .forbiddenRedirect,
                    "\(response.url.origin) redirects to \(url.origin.host), which its redirects "
                        + "rules refuse")
            }
        }
        throw error(.refusedRedirect("no end"), "\(url.origin) redirects without end")
    }

    private func target(
        of response: TransportResponse, hops: Int
    ) throws(UpstreamError) -> EndpointURL {
        do throws(Redirects.Refusal) {
            return try Redirects.target(
                of: response.headers.first(name: "location"), from: response.url, hops: hops,
                allowHTTP: settings.allowHTTP)
        } catch {
            throw self.error(
                .refusedRedirect(error.reason), "\(response.url.origin) sent \(error.reason)")
        }
    }

    private func action(
        for target: EndpointURL.Origin, _ request: RegistryRequest
    ) -> RedirectAction {
        guard !isEndpoint(target) else { return .follow }
        let policy = settings.redirects
        let action = policy.action(for: target.host, canHandOver: request.canHandOver)
        let isUnreachable =
            policy.handsOverUnreachable && request.canHandOver
            && unreachableTargets.contains(target)
        return action == .follow && isUnreachable ? .handOver : action
    }

    private func handOver(
        _ redirect: TransportResponse, to target: EndpointURL
    ) -> TransportResponse {
        activity.handedOver()
        var response = redirect
        response.handedOver = HandedOver(location: target, status: redirect.status)
        return response
    }

    private func hop(
        _ request: RegistryRequest, to url: EndpointURL, of endpoint: Endpoint,
        authorization: Authorization?
    ) async throws -> TransportResponse {
        var headers = request.headers
        if let authorization, url.origin == endpoint.url.origin {
            headers.replaceOrAdd(name: "authorization", value: authorization.headerValue)
        }
        let sent = transportRequest(request.method, url, headers)
        let response = try await judged(at: url.origin == endpoint.url.origin ? endpoint : nil) {
            try await counted(sent)
        }
        if guest == nil, url.origin == endpoint.url.origin {
            activity.saw(response.headers)
            identities.saw(response.headers, of: request.identity, at: url.origin)
        }
        logger.debug(
            "upstream request",
            metadata: [
                "method": "\(request.method)", "url": "\(url)", "status": "\(response.status)",
            ])
        return response
    }

    /// Tells an endpoint of what came of one request to it; what a redirect's target does is not
    /// its doing.
    private func judged(
        at endpoint: Endpoint?, _ send: () async throws -> TransportResponse
    ) async throws -> TransportResponse {
        do {
            let response = try await send()
            guard let endpoint else { return response }
            let outcome = UpstreamError.Kind.status(response.status)
            if outcome.isAnswer {
                endpoint.succeeded()
            } else {
                endpoint.failed(
                    error(outcome, "\(endpoint.url.origin) answered \(response.status)"))
            }
            return response
        } catch let error as UpstreamError {
            endpoint?.failed(error)
            throw error
        }
    }

    /// Sends one HTTP request and counts what comes of it.
    func counted(_ request: TransportRequest) async throws -> TransportResponse {
        let beganAt = ContinuousClock.now
        do {
            let response = try await http.send(request, to: destination(request.url))
            activity.answered(status: response.status, after: ContinuousClock.now - beganAt)
            return response
        } catch {
            let error = UpstreamError.beforeHead(
                error, upstream: settings.name, url: request.url)
            activity.notAnswered(error)
            throw error
        }
    }

    /// - Parameter total: the end of the exchange as a whole, where it has one.
    func transportRequest(
        _ method: HTTPMethod, _ url: EndpointURL, _ headers: HTTPHeaders,
        total: ExchangeState.Limit? = nil
    ) -> TransportRequest {
        TransportRequest(
            method: method, url: url, headers: headers,
            tls: isEndpoint(url.origin) ? tls.endpoint : tls.other, route: settings.route(to: url),
            timeouts: settings.timeouts, total: total)
    }

    /// Hosts that the operator wrote may have any address, on any port: who answers at one of them
    /// can reach it without Larder.
    func destination(_ url: EndpointURL) -> HTTPTransport.Destination {
        let host = url.origin.host
        let isWritten =
            endpoints.contains { $0.url.origin.host == host }
            || settings.realms.contains { $0.lowercased() == host }
        return isWritten || settings.allowPrivateAddresses ? .configured : .named
    }
}
