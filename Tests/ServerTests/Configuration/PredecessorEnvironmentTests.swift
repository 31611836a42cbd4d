/// The environment of go-docker-proxy.
import OCI
import Testing
import Upstream

@testable import Server

struct PredecessorEnvironmentTests {
    private static func load(
        _ environment: [String: String], yaml: String? = nil
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try Configuration.load(
            file: nil, environment: environment,
            system: ConfigurationFixture.system(
                files: yaml.map { ["/etc/larder/larder.yaml": $0] } ?? [:]))
    }

    private static func lines(_ loaded: LoadedConfiguration) -> [String] {
        loaded.inherited.map(\.description)
    }

    @Test func `every variable becomes a key of Larder's own`() throws {
        let loaded = try Self.load([
            "PORT": "8080", "CUSTOM_DOMAIN": "example.com", "CACHE_DIR": "/srv/cache",
            "CACHE_ENABLED": "false", "CACHE_MANIFEST_TTL": "1d", "CACHE_BLOB_TTL": "1y",
            "FOLLOW_ALL_REDIRECTS": "false", "BLOCKED_HOSTS": "s3.example.com, cdn.example.net",
            "DEBUG": "true", "TARGET_UPSTREAM": "https://ghcr.io", "PATH": "/bin",
        ])
        let configuration = loaded.configuration
        #expect(configuration.listen == [ListenAddress(host: "0.0.0.0", port: 8080)])
        #expect(configuration.domain == "example.com")
        #expect(configuration.dataDirectory == "/srv/cache")
        #expect(!configuration.cache.enabled)
        #expect(configuration.tags.freshFor == .seconds(86_400))
        #expect(configuration.eviction.maxUnused == .seconds(365 * 86_400))
        #expect(configuration.log.level == .debug)
        #expect(configuration.defaultUpstream == "ghcr.io")
        #expect(configuration.upstreams.count == BuiltInUpstreams.all.count)
        for upstream in configuration.upstreams.values {
            #expect(upstream.redirects.preset == .predecessor)
            let hosts = ["s3.example.com", "*.s3.example.com", "cdn.example.net"].map(Glob.init)
            let rule = RedirectRule(hosts: hosts + [Glob("*.cdn.example.net")], action: .follow)
            #expect(upstream.redirects.rules == [rule])
        }
        #expect(
            Self.lines(loaded) == [
                "TARGET_UPSTREAM=https://ghcr.io → default_upstream: ghcr.io",
                "PORT=8080 → listen: 0.0.0.0:8080",
                "CUSTOM_DOMAIN=example.com → domain: example.com",
                "CACHE_DIR=/srv/cache → data_dir: /srv/cache",
                "CACHE_ENABLED=false → cache.enabled: false",
                "CACHE_MANIFEST_TTL=1d → tags.fresh_for: 1d",
                "CACHE_BLOB_TTL=1y → eviction.max_unused: 365d",
                "FOLLOW_ALL_REDIRECTS=false → upstreams.*.redirects.preset: predecessor",
                "BLOCKED_HOSTS=s3.example.com, cdn.example.net → upstreams.*.redirects.rules: "
                    + "follow s3.example.com, *.s3.example.com, cdn.example.net, "
                    + "*.cdn.example.net",
                "DEBUG=true → log.level: debug",
            ])
        #expect(loaded.inherited.allSatisfy { !$0.isWarning })
        let printed = EffectiveConfiguration(loaded).description
        #expect(printed.contains("listen: [\"0.0.0.0:8080\"]  # PORT"))
    }

    @Test func `what is so anyway, and what is not supported, is told`() throws {
        let loaded = try Self.load([
            "CACHE_ENABLED": "1", "FOLLOW_ALL_REDIRECTS": "true", "DEBUG": "0",
            "DNS_ENABLED": "true", "DNS_SERVERS": "1.1.1.1", "DNS_TIMEOUT": "5s",
        ])
        #expect(loaded.configuration.cache.enabled)
        #expect(loaded.configuration.upstreams == BuiltInUpstreams.all)
        #expect(
            loaded.inherited.filter(\.isWarning).map(\.name)
                == ["DNS_ENABLED", "DNS_SERVERS", "DNS_TIMEOUT"])
        let lines = Self.lines(loaded)
        #expect(
            lines.contains(
                "FOLLOW_ALL_REDIRECTS=true changes nothing: Larder follows redirects by default"))
        #expect(lines.contains("DEBUG=0 changes nothing: log.level is info by default"))
        #expect(lines.contains { $0.hasPrefix("DNS_SERVERS is not supported: ") })
    }

    @Test(arguments: [
        ["PORT": "8080"], ["DEBUG": "*"],
        ["PORT": "x", "DEBUG": "app:*", "DNS_SERVERS": "1.1.1.1"],
        ["CACHE_DIR": "", "PORT": "8080"],
    ])
    func `variables that mean other things elsewhere are not taken alone`(
        environment: [String: String]
    ) throws {
        let loaded = try Self.load(environment)
        #expect(loaded == (try Self.load([:])))
    }

    @Test func `Larder's own sources are stronger, and that is told`() throws {
        let loaded = try Self.load(
            [
                "PORT": "8080", "CACHE_DIR": "/srv/cache", "CUSTOM_DOMAIN": "example.com",
                "FOLLOW_ALL_REDIRECTS": "false", "LARDER_LISTEN": ":5000",
            ],
            yaml: "data_dir: /var/lib/larder\nupstreams: {quay.io: {redirects: {preset: none}}}")
        #expect(loaded.configuration.listen == [ListenAddress(host: "::", port: 5000)])
        #expect(loaded.configuration.dataDirectory == "/var/lib/larder")
        #expect(loaded.configuration.domain == "example.com")
        #expect(
            loaded.configuration.upstreams["quay.io"]?.redirects.preset
                == RedirectConfiguration.Preset.none)
        #expect(loaded.configuration.upstreams["ghcr.io"]?.redirects.preset == .predecessor)
        #expect(
            Self.lines(loaded) == [
                "PORT is not used: LARDER_LISTEN sets listen",
                "CUSTOM_DOMAIN=example.com → domain: example.com",
                "CACHE_DIR is not used: /etc/larder/larder.yaml:1:1 sets data_dir",
                "FOLLOW_ALL_REDIRECTS=false → upstreams.*.redirects.preset: predecessor",
            ])
    }

    @Test(arguments: [
        ("PORT", "eighty", "PORT: listen: expected a port"),
        ("PORT", "80800", "PORT: listen: expected a port"),
        ("CUSTOM_DOMAIN", "https://example.com", "CUSTOM_DOMAIN: domain: expected a host name"),
        ("CACHE_ENABLED", "maybe", "CACHE_ENABLED: expected true or false"),
        ("CACHE_MANIFEST_TTL", "1 day", "CACHE_MANIFEST_TTL: expected a duration such as 1h30m"),
        ("CACHE_BLOB_TTL", "0", "CACHE_BLOB_TTL: eviction.max_unused: expected a duration above"),
        ("FOLLOW_ALL_REDIRECTS", "all", "FOLLOW_ALL_REDIRECTS: expected true or false"),
        ("BLOCKED_HOSTS", "a.lan,https://b.lan", "BLOCKED_HOSTS: expected host names separated"),
        ("DEBUG", "app:*", "DEBUG: expected true or false"),
        ("TARGET_UPSTREAM", "https://u:hunter2@r.lan", "TARGET_UPSTREAM: no user name or"),
    ])
    func `a bad value is told with its variable`(name: String, value: String, message: String) {
        do {
            _ = try Self.load(["CUSTOM_DOMAIN": "example.com"].merging([name: value]) { $1 })
            Issue.record("no error")
        } catch {
            #expect(error.problems.count == 1)
            #expect(error.description.hasPrefix(message), "\(error)")
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func `a bad value beside a file or variable of Larder's own is left out`() throws {
        for (yaml, own) in [("tags: {fresh_for: 5m}", [:]), (nil, ["LARDER_DATA_DIR": "/srv/l"])] {
            let loaded = try Self.load(
                own.merging(["PORT": "eighty", "CUSTOM_DOMAIN": "example.com"]) { $1 }, yaml: yaml)
            #expect(loaded.configuration.listen == Configuration().listen)
            #expect(loaded.configuration.domain == "example.com")
            #expect(loaded.inherited.filter(\.isWarning).map(\.name) == ["PORT"])
            #expect(Self.lines(loaded).last?.hasPrefix("PORT is not used: expected a port") == true)
        }
    }

    @Test func `variables that contradict a file are left out altogether`() throws {
        let yaml = "upstreams: {lab.local: {hosts: [docker.example.com]}}"
        let loaded = try Self.load(
            ["CUSTOM_DOMAIN": "example.com", "CACHE_DIR": "/srv/cache"], yaml: yaml)
        var plain = try Self.load([:], yaml: yaml)
        #expect(loaded.inherited.map(\.isWarning) == [true, true])
        plain.inherited = loaded.inherited
        #expect(loaded == plain)
        #expect(
            Self.lines(loaded).first?.contains("docker.example.com is already a host") == true)
    }

    @Test func `what is wrong with a file itself stays an error`() {
        #expect(throws: ConfigurationError.self) {
            try Self.load(["CACHE_DIR": "/srv/cache"], yaml: "data_dri: /srv")
        }
    }

    @Test(arguments: [
        ("registry-1.docker.io", "docker.io", "https://registry-1.docker.io", 0),
        ("https://registry-1.docker.io/", "docker.io", "https://registry-1.docker.io", 0),
        ("https://index.docker.io", "docker.io", "https://registry-1.docker.io", 0),
        ("quay.io", "quay.io", "https://quay.io", 0),
        ("registry.lan", "registry.lan", "https://registry.lan", 1),
        ("registry.lan:5443", "registry.lan:5443", "https://registry.lan:5443", 1),
        ("http://10.0.0.5:5000", "10.0.0.5:5000", "http://10.0.0.5:5000", 1),
    ])
    func `TARGET_UPSTREAM is a built-in upstream or a new one`(
        value: String, name: String, url: String, added: Int
    ) throws {
        let loaded = try Self.load(["TARGET_UPSTREAM": value])
        let configuration = loaded.configuration
        #expect(configuration.defaultUpstream == name)
        let upstream = try #require(configuration.upstreams[name])
        #expect(upstream.url?.description == url)
        #expect(upstream.allowHTTP == url.hasPrefix("http:"))
        #expect(configuration.upstreams.count == BuiltInUpstreams.all.count + added)
    }

    @Test(arguments: [
        ("0", Int64(0)), ("500ms", 500), ("1.5h", 5_400_000), ("1h30m", 5_400_000),
        ("30m1h", 5_400_000), ("1d", 86_400_000), ("2w", 1_209_600_000), ("1M", 2_592_000_000),
        ("1m", 60_000), ("1y", 31_536_000_000), ("1500us", 2), ("1500\u{b5}s", 2), ("10ns", 0),
    ])
    func `Go's durations`(text: String, milliseconds: Int64) throws {
        #expect(try GoDuration.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "1", "d", "-1d", "1 d", ".5h", "1..5h", "1D", "1mo", "99999y", "1e9h"])
    func `what is no duration of Go's`(text: String) {
        #expect(throws: InvalidValue.self) { try GoDuration.parse(text) }
    }
}
