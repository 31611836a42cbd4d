// The client of one upstream registry: how every request to it is sent (OCI distribution-spec).
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import OCI

/// Reads manifests, blobs and listings of one upstream with Larder's own identity, or with a
/// guest's.
///
/// All methods throw ``UpstreamError``, or `CancellationError` where the task was cancelled; those
/// about blobs also ``HandedOver`` where that is allowed.
package final class RegistryClient: Sendable {
    package let settings: UpstreamSettings
    let http: HTTPTransport
    let logger: Logger
    /// What was asked and answered so far.
    package let activity: UpstreamActivity
    let tokens: TokenCache
    /// Of connections to the endpoints, and to anything else.
    let tls: (endpoint: TLSConfiguration?, other: TLSConfiguration?)
    let endpoints: [Endpoint]
    let distrusted: DistrustedEndpoints
    let identities: Identities
    let limiter: RequestLimiter
    private let isToldOffline: @Sendable () -> Bool
    let unreachableTargets: UnreachableTargets
    /// Whose right is used in place of Larder's own identities; nil for those.
    let guest: GuestGrant?

    /// - Parameters:
    ///   - isOffline: asked before each request; while it is so, nothing is sent.
    ///   - now: the clock that tokens, credentials, cool-downs and circuits end by.
    package init(
        settings: UpstreamSettings, http: HTTPTransport, logger: Logger,
        isOffline: @escaping @Sendable () -> Bool = { false },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        isToldOffline = isOffline
        guest = nil
        distrusted = DistrustedEndpoints()
        unreachableTargets = UnreachableTargets()
        self.settings = settings
        self.http = http
        var labelled = logger
        labelled[metadataKey: "upstream"] = "\(settings.name)"
        self.logger = labelled
        self.endpoints = settings.endpoints.map { endpoint in
            Endpoint(endpoint, breaker: settings.breaker, logger: labelled, now: now)
        }
        let tokens = TokenCache(now: now)
        self.tokens = tokens
        let identities = Identities(settings.credentials, now: now)
        let limiter = RequestLimiter(settings.limits)
        self.identities = identities
        self.limiter = limiter
        self.activity = UpstreamActivity(
            tokens: { tokens.held }, identities: { identities.snapshot },
            limits: { limiter.snapshot })
        self.tls = (settings.tls(identified: true), settings.tls(identified: false))
    }

    /// All of `other` but whom it asks as.
    init(_ other: RegistryClient, guest: GuestGrant) {
        self.guest = guest
        settings = other.settings
        http = other.http
        logger = other.logger
        activity = other.activity
        tokens = other.tokens
        tls = other.tls
        endpoints = other.endpoints
        distrusted = other.distrusted
        identities = other.identities
        limiter = other.limiter
        isToldOffline = other.isToldOffline
        unreachableTargets = other.unreachableTargets
    }

    /// Asks for `/v2/`: that the registry answers, signed in or not, is enough.
    package func ping() async throws {
        try requireOnline()
        try await activity.judging {
            try await anywhere(RegistryRequest(ping: .GET)) { endpoint in
                _ = try await learnChallenge(at: endpoint)
            }
        }
    }

    /// Sends a request to one endpoint after the other, signs in where that is asked for, and
    /// follows redirects, until `read` makes an answer of a response. Waits for its turn first.
    ///
    /// - Parameter read: gets the final response of an endpoint, whatever its status but a 401 of
    ///   the endpoint itself; throws ``UpstreamError`` where it is no answer.
    /// - Throws: `.offline` while the upstream is not to be asked: then nothing is sent.
    func send<Answer>(
        _ request: RegistryRequest, _ read: (TransportResponse) async throws -> Answer
    ) async throws -> Answer {
        try requireOnline()
        try requireUsableIdentity(for: request)
        let admission = try await admit(request)
        return try await activity.judging {
            try await anywhere(request) { endpoint in
                var response = try await sendSignedIn(request, at: endpoint)
                response.endpoint = endpoint.url
                response.admission = admission
                return try await read(response)
            }
        }
    }

    /// Whether nothing is asked for now; what is being read goes on.
    package var isOffline: Bool { isToldOffline() }

    func requireOnline() throws(UpstreamError) {
        guard !isOffline else {
            throw error(.offline, "\(settings.name) is offline: Larder asks it nothing")
        }
    }

    func admit(_ request: RegistryRequest) async throws -> Admission {
        do {
            return try await limiter.admit(isDownload: request.isDownload)
        } catch let overload as RequestLimiter.Overload {
            throw error(
                .overloaded(retryAfterSeconds: overload.retryAfterSeconds),
                "\(settings.limits.maxQueued) requests wait for their turn at \(settings.name)")
        }
    }

    /// Sends a request as one identity, signed in where that is asked for.
    func send(
        _ request: RegistryRequest, at endpoint: Endpoint, as identity: Int
    ) async throws -> TransportResponse {
        let known = endpoint.challenge
        let first = try await authorization(by: known, for: request, as: identity, at: endpoint)
        let response = try await follow(request, at: endpoint, authorization: first)
        guard isUnauthorized(response, endpoint) else { return response }
        let challenge = try await challenge(in: response, of: endpoint)
        var sent = first
        // A helper's credential may have ended, and its next one be refused no more.
        for _ in 0..<(challenge == .basic && identities.isRenewable(identity) ? 2 : 1) {
            if let sent { forget(sent, at: endpoint) }
            let next = try await authorization(
                by: challenge, for: request, as: identity, at: endpoint)
            guard let next, next != sent else { break }
            let repeated = try await follow(request, at: endpoint, authorization: next)
            guard isUnauthorized(repeated, endpoint) else { return repeated }
            await repeated.body.discard()
            sent = next
        }
        throw error(
            .status(401),
            "\(endpoint.url.origin) answered 401 to the identity configured for it")
    }

    func isUnauthorized(_ response: TransportResponse, _ endpoint: Endpoint) -> Bool {
        response.status == 401 && response.url.origin == endpoint.url.origin
    }

    /// Throws unless the status is one out of `expected`.
    func require(_ response: TransportResponse, _ expected: Set<Int>) async throws {
        guard expected.contains(response.status) else { throw await failure(response) }
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
}
