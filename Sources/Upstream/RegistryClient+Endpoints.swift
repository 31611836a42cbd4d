// Which endpoint is asked, and when the next one is.
import Logging
import OCI

extension RegistryClient {
    /// Asks the endpoints whose circuit is not open, in their order, until one gives an answer
    /// that counts; where none does, the last one's refusal counts.
    ///
    /// - Parameter chosen: the endpoints; nil for all that the request may be sent to.
    func anywhere<Answer>(
        _ request: RegistryRequest, among chosen: [Endpoint]? = nil,
        _ ask: (Endpoint) async throws -> Answer
    ) async throws -> Answer {
        var refusal: UpstreamError?
        var suspended: (endpoint: Endpoint, wait: Duration)?
        for endpoint in chosen ?? candidates(for: request) {
            let admission = endpoint.admit()
            if case .refused(let wait) = admission {
                if suspended.map({ wait < $0.wait }) ?? true { suspended = (endpoint, wait) }
                continue
            }
            defer { endpoint.release(admission) }
            do {
                return try await ask(endpoint)
            } catch let error as UpstreamError where request.goesOn(after: error) {
                refusal = error
                logger.debug(
                    "endpoint gave no answer", metadata: ["error": "\(error.message)"])
            }
        }
        if let suspended, refusal?.isUnavailable != true {
            throw suspension(of: suspended.endpoint, for: suspended.wait)
        }
        throw refusal ?? error(.unreachable, "no endpoint can be asked for \(request.path)")
    }

    private func candidates(for request: RegistryRequest) -> [Endpoint] {
        guard guest == nil else { return authorities }
        let able = endpoints.filter { $0.resolves || request.isByDigest }
        return able.filter { $0.url != request.avoided } + able.filter { $0.url == request.avoided }
    }

    /// What a mirror does not have, an endpoint that is not asked might.
    private func suspension(of endpoint: Endpoint, for wait: Duration) -> UpstreamError {
        let seconds = max(1, Int((wait + .milliseconds(999)).components.seconds))
        let failure = endpoint.lastFailure.map { ": \($0.message)" } ?? ""
        return error(
            .suspended(retryAfterSeconds: seconds),
            "\(endpoint.url.origin) failed again and again and is not asked for \(seconds) s\(failure)"
        )
    }

    /// Has an endpoint that gave wrong bytes for a digest asked for it after all others (R1).
    package func distrust(_ endpoint: EndpointURL?, for digest: Digest) {
        guard endpoints.count > 1, let endpoint else { return }
        distrusted.add(endpoint, for: digest)
    }

    /// The endpoints in their order, for statistics.
    package var endpointSnapshots: [EndpointSnapshot] { endpoints.map(\.snapshot) }

    func isEndpoint(_ origin: EndpointURL.Origin) -> Bool {
        endpoints.contains { $0.url.origin == origin }
    }
}

extension RegistryRequest {
    /// Whether the next endpoint may be asked. A mirror that lacks a digest, or does not give it
    /// to Larder, is no proof that there is none; of a tag, a refusal is an answer.
    func goesOn(after error: UpstreamError) -> Bool {
        isByDigest || error.isUnavailable
    }
}
