// Which identity a request is sent as, and when the next one is tried (R59).
import NIOHTTP1
import OCI

extension RegistryClient {
    /// Whether a pull that counts should be avoided where a stale tag can be served: every
    /// identity is at its `rate_limit.reserve`, or cools down. Of guests' limits nothing is known.
    package var prefersStale: Bool {
        guard guest == nil else { return false }
        return endpoints.filter(\.resolves).allSatisfy {
            identities.isScarce(at: $0.url.origin, reserve: settings.limits.rateLimitReserve)
        }
    }

    /// Throws at once where no endpoint may be asked as any identity: a client that repeats its
    /// request costs the registry nothing.
    func requireUsableIdentity(for request: RegistryRequest) throws(UpstreamError) {
        guard guest == nil else { return }
        var shortest: (pause: Duration, origin: EndpointURL.Origin)?
        for endpoint in endpoints where endpoint.resolves || request.isByDigest {
            let origin = endpoint.url.origin
            guard case .coolingDown(let pause) = identities.choice(for: request, at: origin) else {
                return
            }
            if shortest.map({ pause < $0.pause }) ?? true { shortest = (pause, origin) }
        }
        guard let shortest else { return }
        identities.noteHeld(at: shortest.origin)
        throw coolingDown(shortest.pause, at: shortest.origin)
    }

    /// Sends a request as one identity after the other, until one is neither refused nor limited.
    ///
    /// - Returns: the final response, whatever its status but a 401 of the endpoint itself.
    func sendSignedIn(
        _ request: RegistryRequest, at endpoint: Endpoint
    ) async throws -> TransportResponse {
        if let guest { return try await send(request, at: endpoint, with: guest) }
        let origin = endpoint.url.origin
        var request = request
        var tried: Set<Int> = []
        var choice = identities.choice(for: request, at: origin)
        if case .coolingDown(let pause) = choice { throw coolingDown(pause, at: origin) }
        while case .use(let index) = choice {
            tried.insert(index)
            request.identity = index
            let attempt = await attempt(request, at: endpoint, as: index)
            let verdict = verdict(on: attempt, at: origin)
            identities.note(verdict, of: request, at: origin)
            guard verdict.passesOn else { return try attempt.get() }
            choice = identities.choice(for: request, at: origin, except: tried)
            switch choice {
            case .use: try? await attempt.get().body.discard()
            // Who may be allowed it cannot be asked now, which is no refusal.
            case .coolingDown(let pause) where verdict == .refused:
                try? await attempt.get().body.discard()
                throw coolingDown(pause, at: origin)
            case .coolingDown, .none: return try attempt.get()
            }
        }
        throw error(.unreachable, "\(origin) cannot be asked as anybody")
    }

    private func attempt(
        _ request: RegistryRequest, at endpoint: Endpoint, as identity: Int
    ) async -> Result<TransportResponse, any Error> {
        do {
            return .success(try await send(request, at: endpoint, as: identity))
        } catch {
            return .failure(error)
        }
    }

    private func verdict(
        on attempt: Result<TransportResponse, any Error>, at origin: EndpointURL.Origin
    ) -> IdentityVerdict {
        switch attempt {
        case .success(let response):
            switch response.status {
            case 200..<400: return .served
            case 429:
                return .limited(
                    retryAfter: RetryAfter.seconds(in: response.headers).map { .seconds($0) })
            case 401, 403: return response.url.origin == origin ? .refused : .other
            default: return .other
            }
        case .failure(let error as UpstreamError):
            switch error.kind {
            case .rateLimited(let seconds):
                return .limited(retryAfter: seconds.map { .seconds($0) })
            case .status(401), .status(403): return .refused
            case .noCredentials: return .lacksCredential
            default: return .other
            }
        case .failure: return .other
        }
    }

    private func coolingDown(_ pause: Duration, at origin: EndpointURL.Origin) -> UpstreamError {
        let seconds = max(Int((pause / .seconds(1)).rounded(.up)), 1)
        return error(
            .rateLimited(retryAfterSeconds: seconds),
            "\(origin) answered 429 and is not asked again for \(seconds) s")
    }
}
