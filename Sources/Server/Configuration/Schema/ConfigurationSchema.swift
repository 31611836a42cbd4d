/// Every key there is. `config/larder.yaml` documents them for people.
import Upstream

enum ConfigurationSchema {
    /// The keys outside of `upstreams`.
    static let settings: [Setting<Configuration>] = [
        Setting("listen", \.listen, .nonEmptyList(of: .listenAddress), effect: .needsRestart),
        Setting("data_dir", \.dataDirectory, .filePath, effect: .needsRestart),
        Setting("domain", \.domain, .optional(.hostName)),
        Setting("default_upstream", \.defaultUpstream, .registryName),
        Setting("default_platform", \.defaultPlatform, .platform),
        Setting("offline", \.isOffline, .flag),
        Setting("log.level", \.log.level, .choice()),
        Setting("log.format", \.log.format, .choice()),
        Setting("tags.fresh_for", \.tags.freshFor, .duration(canBeZero: true)),
        Setting(
            "tags.stale_while_revalidate", \.tags.staleWhileRevalidate,
            .duration(canBeZero: true)),
        Setting("tags.stale_if_error", \.tags.staleIfError, .duration(canBeZero: true)),
        Setting("tags.rules", \.tags.rules, .tagRules),
        Setting("cache.enabled", \.cache.enabled, .flag),
        Setting("cache.max_size", \.cache.maxSize, .cacheSize),
        Setting("cache.min_free", \.cache.minFree, .freeSpace),
        Setting("cache.pins", \.cache.pins, .list(of: .imagePattern)),
        Setting("cache.negative_for", \.cache.negativeFor, .duration(canBeZero: true)),
        Setting("eviction.high_watermark", \.eviction.highWatermark, .percent),
        Setting("eviction.low_watermark", \.eviction.lowWatermark, .percent),
        Setting("eviction.min_age", \.eviction.minAge, .duration(canBeZero: true)),
        Setting("eviction.max_unused", \.eviction.maxUnused, .optional(.duration())),
        Setting("eviction.platform_window", \.eviction.platformWindow, .duration(canBeZero: true)),
        Setting("scrub.every", \.scrub.every, .interval),
        Setting("scrub.max_rate", \.scrub.maxRate, .size),
        Setting("backup.every", \.backup.every, .interval),
        Setting("backup.keep", \.backup.keep, .number(1...100)),
        Setting("stats.access", \.stats.access, .choice()),
        Setting("admin.token", \.admin.token, .secret, effect: .needsRestart),
        Setting("admin.token_file", \.admin.tokenFile, .optional(.filePath), effect: .needsRestart),
        Setting("admin.listen", \.admin.listen, .optional(.adminAddress), effect: .needsRestart),
        Setting("auth.htpasswd", \.auth.htpasswd, .optional(.filePath)),
        Setting("auth.anonymous", \.auth.allowsAnonymous, .flag),
        Setting("auth.trusted_proxies", \.auth.trustedProxies, .list(of: .network)),
        Setting("auth.groups", \.auth.groups, .groups),
        Setting("rules", \.rules, .accessRules),
        Setting(
            "limits.requests_per_second", \.limits.requestsPerSecond, .number(0...1_000_000)),
        Setting("limits.burst", \.limits.burst, .number(0...1_000_000)),
        Setting("limits.downloads", \.limits.downloads, .number(0...100_000)),
        Setting("limits.bandwidth", \.limits.bandwidth, .size),
        Setting("limits.exempt", \.limits.exempt, .list(of: .network)),
        Setting("fill.range_ahead", \.fill.rangeAhead, .size),
        Setting("fill.ranged_fetches", \.fill.maxRangedFetches, .number(0...64)),
        Setting("fill.abandoned_finish_bytes", \.fill.abandonedFinishBytes, .size),
        Setting("fill.abandoned_grace", \.fill.abandonedGrace, .duration(canBeZero: true)),
        Setting("fill.resume_attempts", \.fill.resumeAttempts, .number(0...100)),
        Setting("proxy.url", \.proxy.address, .optional(.proxyAddress)),
        Setting("proxy.username", \.proxy.username, .optional(.userName)),
        Setting("proxy.password", \.proxy.literalPassword, .secret),
        Setting("proxy.password_file", \.proxy.givenPasswordFile, .optional(.filePath)),
        Setting("proxy.no_proxy", \.proxy.exceptions, .optional(.list(of: .proxyException))),
        Setting("tls.certificate", \.tls.certificate, .optional(.filePath), effect: .needsRestart),
        Setting("tls.key", \.tls.key, .optional(.filePath), effect: .needsRestart),
        Setting("tls.client_ca", \.tls.clientCA, .optional(.filePath), effect: .needsRestart),
        Setting(
            "tls.client_certificates", \.tls.clientCertificates, .choice(),
            effect: .needsRestart),
        Setting("tls.min_version", \.tls.minimumVersion, .choice(), effect: .needsRestart),
        Setting(
            "listen_plain", \.listenPlain, .list(of: .loopbackAddress), effect: .needsRestart),
        Setting("connections.max", \.connections.maximum, .connectionMaximum),
        Setting("connections.idle_timeout", \.connections.idleTimeout, .duration()),
        Setting("connections.header_timeout", \.connections.headerTimeout, .duration()),
        Setting("connections.write_timeout", \.connections.writeTimeout, .duration()),
        Setting("shutdown.grace", \.shutdown.grace, .duration(canBeZero: true)),
        Setting("fast_path", \.fastPath, .flag),
    ]

    /// The keys of each entry of `upstreams`.
    static let upstream: [Setting<UpstreamConfiguration>] =
        [
            Setting("url", \.url, .optional(.registryURL)),
            Setting("endpoints", \.endpointList, .endpoints),
            .enabled,
            Setting("offline", \.isOffline, .flag),
            Setting("aliases", \.aliases, .list(of: .registryName)),
            Setting("hosts", \.hosts, .list(of: .hostName)),
            Setting("credentials", \.credentials, .list(of: .credential)),
            Setting("max_size", \.maxSize, .optional(.cacheSize)),
            Setting("access", \.access, .choice()),
            Setting("access_ttl", \.accessTTL, .duration(canBeZero: true)),
            Setting("access_grace", \.accessGrace, .duration(canBeZero: true)),
            Setting("ca_file", \.caFile, .optional(.filePath)),
            Setting("allow_http", \.allowHTTP, .flag),
            Setting("allow_private_addresses", \.allowPrivateAddresses, .flag),
            Setting("realms", \.realms, .list(of: .hostName)),
            Setting("redirects.preset", \.redirects.preset, .choice()),
            Setting("redirects.rules", \.redirects.rules, .list(of: .redirectRule)),
            Setting("redirects.default", \.redirects.otherwise, .choice()),
            Setting("redirects.on_failure", \.redirects.onFailure, .choice()),
            Setting("timeouts.connect", \.timeouts.connect, .duration()),
            Setting("timeouts.response_header", \.timeouts.responseHeader, .duration()),
            Setting("timeouts.idle", \.timeouts.idle, .duration()),
            Setting("timeouts.token", \.timeouts.token, .duration()),
            Setting("min_rate", \.minRate, .size),
            Setting("breaker.failures", \.breaker.failures, .number(0...1000)),
            Setting("breaker.open_for", \.breaker.openFor, .duration()),
            Setting("prefer_ip", \.addresses, .choice()),
            Setting("client_certificate", \.clientCertificate, .optional(.filePath)),
            Setting("client_key", \.clientKey, .optional(.filePath)),
            Setting("proxy.url", \.proxy.address, .optional(.proxyAddress)),
            Setting("proxy.username", \.proxy.username, .optional(.userName)),
            Setting("proxy.password", \.proxy.literalPassword, .secret),
            Setting("proxy.password_file", \.proxy.givenPasswordFile, .optional(.filePath)),
            Setting("proxy.no_proxy", \.proxy.exceptions, .optional(.list(of: .proxyException))),
            Setting("max_fetches", \.limits.maxFetches, .number(0...100_000)),
            Setting(
                "max_requests_per_second", \.limits.maxRequestsPerSecond, .number(0...1_000_000)),
            Setting("max_bandwidth", \.maxBandwidth, .size),
            Setting("max_queued", \.limits.maxQueued, .number(0...1_000_000)),
            Setting("rate_limit.reserve", \.limits.rateLimitReserve, .percentOrNone),
        ] + credential.map(Setting.ofOnlyCredential)

    /// The keys of one credential.
    static let credential: [Setting<CredentialConfiguration>] = [
        Setting("username", \.username, .userName),
        Setting("password", \.literalPassword, .secret),
        Setting("password_file", \.givenPasswordFile, .optional(.filePath)),
        Setting("helper", \.givenHelper, .optional(.credentialHelper)),
        Setting("docker_config", \.givenDockerConfig, .optional(.filePath)),
    ]

    /// The keys of one item of `tags.rules`.
    static let tagRule: [Setting<TagRule>] = [
        Setting("match", \.match, .optional(.tagPattern)),
        Setting("fresh_for", \.freshFor, .optional(.duration(canBeZero: true))),
        Setting(
            "stale_while_revalidate", \.staleWhileRevalidate,
            .optional(.duration(canBeZero: true))),
        Setting("stale_if_error", \.staleIfError, .optional(.duration(canBeZero: true))),
        Setting("immutable", \.isImmutable, .optional(.flag)),
    ]

    /// The keys of one item of `rules`.
    static let accessRule: [Setting<AccessRule>] = [
        Setting("action", \.action, .optional(.choice())),
        Setting("name", \.name, .optional(.sentence)),
        Setting("reason", \.reason, .optional(.sentence)),
        Setting("upstream", \.upstreams, .anyOf(.registryName)),
        Setting("repository", \.repositories, .anyOf(.repositoryPattern)),
        Setting("tag", \.tags, .anyOf(.tagNamePattern)),
        Setting("user", \.users, .anyOf(.userPattern)),
        Setting("group", \.groups, .anyOf(.sentence)),
        Setting("network", \.networks, .anyOf(.network)),
    ]

    /// The key above all those of ``upstream``.
    static let upstreamsKey = "upstreams"

    /// Keys that cannot stand beside each other.
    static let alternatives = [
        ("url", "endpoints"), ("password", "password_file"), ("token", "token_file"),
        ("username", "helper"), ("password", "helper"), ("password_file", "helper"),
        ("username", "docker_config"), ("password", "docker_config"),
        ("password_file", "docker_config"), ("helper", "docker_config"),
    ]
}

extension Setting where Root == UpstreamConfiguration {
    /// Not printed with the others: an upstream that is not enabled is not in the configuration.
    fileprivate static var enabled: Setting {
        let setting = Setting("enabled", \.isEnabled, .flag)
        return Setting(
            path: setting.path, effect: .live, isStructured: false, isSupported: true,
            assign: setting.assign, render: { _ in nil }, isEqual: setting.isEqual,
            copy: setting.copy)
    }

    /// A key of the upstream's only credential, such as `credentials.username`, by which an
    /// environment variable holds just a password. The list prints and compares for it.
    fileprivate static func ofOnlyCredential(_ setting: Setting<CredentialConfiguration>) -> Setting
    {
        Setting(
            path: ["credentials"] + setting.path,
            effect: setting.effect,
            isStructured: setting.isStructured,
            isSupported: setting.isSupported,
            assign: { node, upstream throws(InvalidSetting) in
                guard upstream.credentials.count <= 1 else {
                    throw InvalidSetting(
                        "the upstream has several credentials; give all of them as a JSON list",
                        at: node.position)
                }
                var credential = upstream.credentials.first ?? CredentialConfiguration()
                try setting.assign(node, &credential)
                upstream.credentials = [credential]
            },
            render: { _ in nil },
            isEqual: { _, _ in true },
            copy: { _, _ in })
    }
}
