/// What Larder runs with: the values of `config/larder.yaml`, parsed, merged and validated.
import OCI
import Upstream

/// A whole configuration. `Configuration()` is what Larder runs with when nothing is configured.
struct Configuration: Sendable, Equatable {
    var listen: [ListenAddress] = [ListenAddress(host: "0.0.0.0", port: 5000)]
    /// Where plain HTTP is spoken to this machine alone, beside TLS.
    var listenPlain: [ListenAddress] = []
    /// Of the addresses in ``listen``.
    var tls = TLSSettings()
    var connections = ConnectionSettings()
    var dataDirectory = "./larder-data"
    /// Below which the built-in upstreams have host names of their own, such as
    /// `docker.example.com`.
    var domain: String?
    /// The upstream that bare names belong to.
    var defaultUpstream = "docker.io"
    /// The child served of an index to a client that takes images only.
    var defaultPlatform = Platform.linuxAMD64
    /// Whether no upstream at all is asked.
    var isOffline = false
    var log = LogSettings()
    var tags = TagSettings()
    var cache = CacheSettings()
    var eviction = EvictionSettings()
    var scrub = ScrubSettings()
    var backup = BackupSettings()
    var stats = StatsSettings()
    var admin = AdminSettings()
    var auth = AuthConfiguration()
    /// The first that matches a request decides; where none does, it is allowed.
    var rules: [AccessRule] = []
    var limits = ClientLimitSettings()
    var fill = FillSettings()
    /// Of all upstreams that have none of their own.
    var proxy = ProxyConfiguration()
    var shutdown = ShutdownSettings()
    /// Whether hits are answered on the event loop; off, each takes the normal path.
    var fastPath = true

    /// Whether answers may be kept for it: without a cache there is nothing to give again.
    var keepsHotObjects: Bool { fastPath && cache.enabled }
    /// By name, which is also what `?ns=` and a path prefix say.
    var upstreams = BuiltInUpstreams.all
}

/// `log:`
struct LogSettings: Sendable, Equatable {
    enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }
    enum Format: String, Sendable, CaseIterable {
        case text, json
    }

    var level = Level.info
    var format = Format.text
}

/// `cache:`
struct CacheSettings: Sendable, Equatable {
    /// False makes Larder a plain proxy: everything is asked upstream and nothing is kept.
    var enabled = true
    var maxSize = CacheSize.bytes(ByteCount(50 * 1024 * 1024 * 1024))
    /// What stays free on the file system that holds the data directory.
    var minFree = CacheSize.bytes(ByteCount(1024 * 1024 * 1024))
    /// What is never evicted.
    var pins: [ImagePattern] = []
    /// How long it is believed that an upstream does not have something.
    var negativeFor = Duration.seconds(10)
}

/// `eviction:`
struct EvictionSettings: Sendable, Equatable {
    /// Percent of `cache.max_size` from which on evicting begins.
    var highWatermark = 95
    /// Percent of `cache.max_size` down to which evicting goes.
    var lowWatermark = 90
    /// Nothing used or stored more recently is evicted.
    var minAge = Duration.seconds(60)
    /// What was not used for so long is evicted although there is room.
    var maxUnused: Duration?
    /// How long a pull of an image makes it share the recency of indexes that list it.
    var platformWindow = Duration.seconds(30 * 86_400)
}

/// `scrub:`
struct ScrubSettings: Sendable, Equatable {
    /// How often everything is verified; nil for never.
    var every: Duration? = .seconds(7 * 86_400)
    /// Bytes read per second.
    var maxRate = ByteCount(32 * 1024 * 1024)
}

/// `backup:`
struct BackupSettings: Sendable, Equatable {
    /// How often the index is copied; nil for never.
    var every: Duration? = .seconds(86_400)
    /// How many copies are kept.
    var keep = 3
}

/// `stats:`
struct StatsSettings: Sendable, Equatable {
    enum Access: String, Sendable, CaseIterable {
        /// Lists that name repositories, images or clients are open as long as nothing is
        /// private.
        case auto
        case open
        case admin
    }

    var access = Access.auto
}

/// `admin:`
struct AdminSettings: Sendable, Equatable {
    /// The bearer token; empty where it is in a file.
    var token = Secret("")
    /// By default `admin.token` in the data directory, made at the first start.
    var tokenFile: String?
    /// Where the admin API is served instead of on the main port: an address or `unix:PATH`.
    var listen: AdminAddress?
}

/// `fill:`, the limits of a running fetch.
struct FillSettings: Sendable, Equatable {
    /// A range that starts further than this past the data opens a fetch of its own.
    var rangeAhead = ByteCount(8 * 1024 * 1024)
    /// The most such fetches at once, per fill.
    var maxRangedFetches = 4
    /// A fill that nobody reads any more finishes if no more than this is missing.
    var abandonedFinishBytes = ByteCount(1024 * 1024 * 1024)
    /// How long any other fill that nobody reads goes on.
    var abandonedGrace = Duration.seconds(60)
    /// How many times in a row a broken fetch is resumed.
    var resumeAttempts = 3
}

/// `shutdown:`
struct ShutdownSettings: Sendable, Equatable {
    /// How long running downloads may take to end after a signal to stop.
    var grace = Duration.seconds(30)
}

extension Configuration {
    /// Every virtual host and the upstream it stands for: those listed under `hosts`, and the
    /// built-in labels below `domain`. Host names are in lower case, without a port.
    var virtualHosts: [String: String] {
        var table: [String: String] = [:]
        for upstream in upstreams.values {
            for host in hosts(of: upstream) { table[host] = upstream.name }
        }
        return table
    }

    /// The virtual hosts of one upstream, the configured ones first.
    func hosts(of upstream: UpstreamConfiguration) -> [String] {
        guard let domain, let label = BuiltInUpstreams.domainLabels[upstream.name] else {
            return upstream.hosts
        }
        let host = "\(label).\(domain)"
        return upstream.hosts.contains(host) ? upstream.hosts : upstream.hosts + [host]
    }

    /// Every name an upstream goes by in `?ns=` and path prefixes, and the upstream it means.
    var upstreamNames: [String: String] {
        var table: [String: String] = [:]
        for upstream in upstreams.values {
            for name in [upstream.name] + upstream.aliases { table[name] = upstream.name }
        }
        return table
    }
}

extension Platform {
    /// What most clients of a cache run on.
    static let linuxAMD64 = try! Platform("linux/amd64")  // two plain parts always parse
}
