/// What is configured of one upstream registry.
import Upstream

/// One entry of `upstreams:`.
struct UpstreamConfiguration: Sendable, Equatable {
    enum Access: String, Sendable, CaseIterable {
        /// Whoever may reach Larder may read what Larder's own identity may read there.
        case open
        /// The upstream itself says who may read: clients sign in to it through Larder.
        case passthrough
    }

    /// The canonical name, such as `docker.io`.
    let name: String
    /// In the order in which they are asked. Never empty.
    var endpoints: [EndpointSettings]
    /// False only while a configuration is being read: what is not enabled is then left out.
    var isEnabled = true
    /// Whether it is not asked: what is in the cache is served all the same.
    var isOffline = false
    /// Other names by which clients ask for it.
    var aliases: [String] = []
    /// Virtual hosts, besides the one that ``Configuration/domain`` gives it.
    var hosts: [String] = []
    var credentials: [CredentialConfiguration] = []
    var access = Access.open
    /// How long it is believed that a client may read a repository of a passthrough upstream.
    var accessTTL = Duration.seconds(60)
    /// How much longer, while the upstream does not answer.
    var accessGrace = Duration.zero
    /// Its share of `cache.max_size` at most.
    var maxSize: CacheSize?
    var caFile: String?
    var allowHTTP = false
    var allowPrivateAddresses = false
    /// Token hosts, besides those of the registry's own domain, that may see the credentials (R67).
    var realms: [String] = []
    var redirects = RedirectConfiguration()
    var timeouts = Timeouts()
    var breaker = BreakerSettings()
    var addresses = AddressPreference.any
    /// PEM files.
    var clientCertificate: String?
    var clientKey: String?
    /// What is in them.
    var clientIdentity: ClientIdentity?
    var proxy = ProxyConfiguration()
    /// Without the bandwidth, which is ``maxBandwidth``.
    var limits = UpstreamLimits()
    /// Bytes a second; 0 for any number.
    var maxBandwidth = ByteCount(0)
}

extension UpstreamConfiguration {
    /// An upstream with one endpoint.
    init(name: String, url: EndpointURL, aliases: [String] = [], realms: [String] = []) {
        self.init(
            name: name, endpoints: [EndpointSettings(url: url)], aliases: aliases, realms: realms)
    }

    /// The only endpoint, if it resolves tags as well.
    var url: EndpointURL? {
        get { endpoints.count == 1 && endpoints[0].resolves ? endpoints[0].url : nil }
        set { endpoints = newValue.map { [EndpointSettings(url: $0)] } ?? endpoints }
    }

    /// Bytes per second below which a body is broken off; 0 for none.
    var minRate: ByteCount {
        get { ByteCount(timeouts.minimumRate.bytesPerSecond) }
        set { timeouts.minimumRate.bytesPerSecond = newValue.bytes }
    }

    /// The endpoints where ``url`` does not tell them, else nothing.
    var endpointList: [EndpointSettings] {
        get { url == nil ? endpoints : [] }
        set { endpoints = newValue }
    }

    /// These values as the upstream client takes them, without a proxy: see
    /// ``Configuration/settings(of:)``.
    var settings: UpstreamSettings {
        UpstreamSettings(
            name: name,
            endpoints: endpoints,
            credentials: credentials.map(\.source),
            caFile: caFile,
            allowHTTP: allowHTTP,
            allowPrivateAddresses: allowPrivateAddresses,
            realms: realms,
            redirects: redirects.policy,
            timeouts: timeouts,
            breaker: breaker,
            addresses: addresses,
            clientIdentity: clientIdentity,
            limits: upstreamLimits)
    }

    private var upstreamLimits: UpstreamLimits {
        var limits = limits
        limits.maxBandwidth = maxBandwidth.bytes
        return limits
    }
}
