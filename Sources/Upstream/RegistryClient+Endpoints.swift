// Which endpoint is asked, and when the next one is.
import Logging

extension RegistryClient {
    /// Asks the endpoints in their order until one gives an answer that counts; where none does,
    /// the last one's refusal counts.
    func anywhere<Answer>(
        _ request: RegistryRequest, _ ask: (Endpoint) async throws -> Answer
    ) async throws -> Answer {
        var refusal: UpstreamError?
        for endpoint in endpoints where endpoint.resolves || request.isByDigest {
            do {
                return try await ask(endpoint)
            } catch let error as UpstreamError where request.goesOn(after: error) {
                refusal = error
                logger.debug(
                    "endpoint gave no answer",
                    metadata: ["upstream": "\(settings.name)", "error": "\(error.message)"])
            }
        }
        throw refusal ?? error(.unreachable, "no endpoint can be asked for \(request.path)")
    }

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
