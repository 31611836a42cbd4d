// What the configuration says about one upstream registry, already parsed and validated.

package struct UpstreamSettings: Sendable, Equatable {
    /// The upstream's name in Larder, such as `docker.io`; part of the cache key.
    package var name: String
    /// In the order in which they are asked; never empty, and at least one resolves.
    package var endpoints: [EndpointSettings]
    /// Larder's own identities there, the preferred one first; none means anonymous.
    package var credentials: [CredentialSource]
    /// A PEM file of authorities trusted in addition to the system's.
    package var caFile: String?
    /// Whether plain http is accepted, for the registry, its realm and its redirects.
    package var allowHTTP: Bool
    /// Whether addresses that are private or loopback may be connected to (R70).
    package var allowPrivateAddresses: Bool
    /// Further hosts that the credentials may be sent to as token realms (R67).
    package var realms: [String]
    /// What becomes of redirects to other hosts.
    package var redirects: RedirectPolicy
    package var timeouts: Timeouts
    package var breaker: BreakerSettings
    /// Nil for direct connections.
    package var proxy: ProxySettings?
    package var addresses: AddressPreference
    /// Shown to endpoints that ask for it, and to nobody else.
    package var clientIdentity: ClientIdentity?
    package var limits: UpstreamLimits

    package init(
        name: String,
        endpoints: [EndpointSettings],
        credentials: [CredentialSource] = [],
        caFile: String? = nil,
        allowHTTP: Bool = false,
        allowPrivateAddresses: Bool = false,
        realms: [String] = [],
        redirects: RedirectPolicy = RedirectPolicy(),
        timeouts: Timeouts = Timeouts(),
        breaker: BreakerSettings = BreakerSettings(),
        proxy: ProxySettings? = nil,
        addresses: AddressPreference = .any,
        clientIdentity: ClientIdentity? = nil,
        limits: UpstreamLimits = UpstreamLimits()
    ) {
        self.name = name
        self.endpoints = endpoints
        self.credentials = credentials
        self.caFile = caFile
        self.allowHTTP = allowHTTP
        self.allowPrivateAddresses = allowPrivateAddresses
        self.realms = realms
        self.redirects = redirects
        self.timeouts = timeouts
        self.breaker = breaker
        self.proxy = proxy
        self.addresses = addresses
        self.clientIdentity = clientIdentity
        self.limits = limits
    }
}

/// A user name and password for an upstream registry.
package struct Credential: Sendable, Hashable {
    package var username: String
    package var password: Secret

    package init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }
}

/// How long each phase of an upstream request may last.
package struct Timeouts: Sendable, Equatable {
    /// From the start of the request until a connection is there, TLS included.
    package var connect: Duration
    /// From the request's bytes being sent until the response head.
    package var responseHeader: Duration
    /// Without a byte of the body while a reader waits; for small documents that are read
    /// whole, the limit of the entire body.
    package var idle: Duration
    /// A token request as a whole.
    package var token: Duration
    /// Slower bodies are broken off.
    package var minimumRate: MinimumRate

    package init(
        connect: Duration = .seconds(10),
        responseHeader: Duration = .seconds(30),
        idle: Duration = .seconds(60),
        token: Duration = .seconds(15),
        minimumRate: MinimumRate = MinimumRate()
    ) {
        self.connect = connect
        self.responseHeader = responseHeader
        self.idle = idle
        self.token = token
        self.minimumRate = minimumRate
    }
}

/// How fast a body must come while somebody waits for it (R55).
package struct MinimumRate: Sendable, Equatable {
    /// 0 for as slow as it likes.
    package var bytesPerSecond: Int64
    /// The waiting time over which the rate is averaged.
    package var window: Duration

    package init(bytesPerSecond: Int64 = 1024, window: Duration = .seconds(30)) {
        self.bytesPerSecond = bytesPerSecond
        self.window = window
    }
}
