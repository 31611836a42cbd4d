// The client of one upstream registry: how every request to it is sent (OCI distribution-spec).
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI
import Synchronization

/// Reads manifests, blobs and listings of one upstream with Larder's own identity.
///
/// All methods throw ``UpstreamError``, or `CancellationError` where the task was cancelled.
package final class RegistryClient: Sendable {
    package let settings: UpstreamSettings
    let http: HTTPTransport
    let logger: Logger
    /// What was asked and answered so far.
    package let activity: UpstreamActivity
    let tokens: TokenCache
    let tls: TLSConfiguration?
    /// How this upstream wants to be signed in to, as far as its answers told.
    let learned = Mutex<Challenge?>(nil)

    package convenience init(settings: UpstreamSettings, http: HTTPTransport, logger: Logger) {
        self.init(settings: settings, http: http, logger: logger, now: { ContinuousClock.now })
    }

    /// - Parameter now: the clock that tokens end by.
    package init(
        settings: UpstreamSettings, http: HTTPTransport, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.settings = settings
        self.http = http
        self.logger = logger
        let tokens = TokenCache(now: now)
        self.tokens = tokens
        self.activity = UpstreamActivity(tokens: { tokens.held })
        self.tls = settings.caFile.map { file in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.additionalTrustRoots = [.file(file)]
            return configuration
        }
    }

    /// Asks for `/v2/`: that the registry answers, signed in or not, is enough.
    package func ping() async throws {
        do {
            _ = try await learnChallenge()
            activity.judge(nil)
        } catch let error as UpstreamError {
            activity.judge(error.kind)
            throw error
        }
    }

    /// Sends a request, signs in where that is asked for, and follows redirects.
    ///
    /// - Returns: the final response, whatever its status but a 401 of the registry.
    func send(_ request: RegistryRequest) async throws -> TransportResponse {
        try await activity.judging { try await sendSignedIn(request) }
    }

    private func sendSignedIn(_ request: RegistryRequest) async throws -> TransportResponse {
        let known = learned.withLock { $0 }
        let first = try await authorization(by: known, for: request.repository)
        let response = try await follow(request, authorization: first)
        guard response.status == 401, response.url.origin == settings.url.origin else {
            return response
        }
        let challenge = try await challenge(in: response)
        if let first { forget(first) }
        let second = try await authorization(by: challenge, for: request.repository)
        guard let second, second != first else { throw unauthorized() }
        let repeated = try await follow(request, authorization: second)
        guard repeated.status == 401, repeated.url.origin == settings.url.origin else {
            return repeated
        }
        await repeated.body.discard()
        throw unauthorized()
    }

    /// Sends a request that only a status out of `expected` satisfies.
    func send(_ request: RegistryRequest, expecting expected: Set<Int>) async throws
        -> TransportResponse
    {
        let response = try await send(request)
        guard expected.contains(response.status) else { throw await failure(response) }
        return response
    }

    /// Discards the body and makes an error of the status.
    func failure(_ response: TransportResponse) async -> UpstreamError {
        await response.body.discard()
        return refusal(
            status: response.status, headers: response.headers, from: response.url.origin)
    }

    func refusal(
        status: Int, headers: HTTPHeaders, from host: EndpointURL.Origin
    ) -> UpstreamError {
        if status == 429 {
            return error(
                .rateLimited(retryAfterSeconds: RetryAfter.seconds(in: headers)),
                "\(host) answered 429 Too Many Requests")
        }
        if (200..<400).contains(status) {
            return error(.malformed, "\(host) answered \(status), which was not asked for")
        }
        return error(.status(status), "\(host) answered \(status)")
    }

    func error(_ kind: UpstreamError.Kind, _ message: String) -> UpstreamError {
        UpstreamError(upstream: settings.name, kind: kind, message: message)
    }

    private func unauthorized() -> UpstreamError {
        error(.status(401), "\(settings.url.origin) answered 401 to the identity configured for it")
    }
}
