import Testing
import Upstream

@testable import Server

struct ConfigurationEnvironmentTests {
    @Test(arguments: [
        (ConfigurationKey(path: ["data_dir"]), "LARDER_DATA_DIR"),
        (ConfigurationKey(path: ["tags", "fresh_for"]), "LARDER_TAGS__FRESH_FOR"),
        (
            ConfigurationKey(upstream: "docker.io", path: ["url"]),
            "LARDER_UPSTREAMS__DOCKER_IO__URL"
        ),
        (
            ConfigurationKey(upstream: "lab.local:5000", path: ["timeouts", "response_header"]),
            "LARDER_UPSTREAMS__LAB_LOCAL_5000__TIMEOUTS__RESPONSE_HEADER"
        ),
    ])
    func `a key's variable has its levels`(key: ConfigurationKey, name: String) {
        #expect(key.environmentName == name)
    }

    @Test func `every key's variable has a name of its own`() {
        let keys = ConfigurationKey.all(upstreams: BuiltInUpstreams.all.keys)
        #expect(Set(keys.map(\.environmentName)).count == keys.count)
        #expect(Set(keys.map(\.description)).count == keys.count)
    }

    @Test func `sets keys, lists and upstreams`() throws {
        let configuration = try ConfigurationFixture.load(
            "upstreams: {lab.local: {}}",
            environment: [
                "LARDER_DATA_DIR": "/srv",
                "LARDER_LISTEN": #"["127.0.0.1:80", {"address": "[::1]:81"}]"#,
                "LARDER_UPSTREAMS__LAB_LOCAL__URL": "http://10.0.0.1:5000",
                "LARDER_UPSTREAMS__LAB_LOCAL__ALLOW_HTTP": "true",
                "LARDER_UPSTREAMS__DOCKER_IO__ALIASES": "[]",
                "LARDER_UPSTREAMS__DOCKER_IO__HOSTS": "hub.example.com",
                "LARDER_UPSTREAMS__NVCR_IO__ENABLED": "false",
                "LARDER_UPSTREAMS__GHCR_IO__TIMEOUTS__IDLE": "5s",
                "PATH": "/bin",
            ]
        ).configuration
        #expect(configuration.dataDirectory == "/srv")
        #expect(configuration.listen.map(\.port) == [80, 81])
        let lab = try #require(configuration.upstreams["lab.local"])
        #expect(lab.settings.endpoints.map { "\($0.url)" } == ["http://10.0.0.1:5000"])
        #expect(lab.allowHTTP)
        #expect(configuration.upstreams["docker.io"]?.aliases == [])
        #expect(configuration.upstreams["docker.io"]?.hosts == ["hub.example.com"])
        #expect(configuration.upstreams["nvcr.io"] == nil)
        #expect(configuration.upstreams["ghcr.io"]?.settings.timeouts.idle == .seconds(5))
    }

    @Test(arguments: ["[::]:5000", #"["[::]:5000"]"#, #"[ "[::]:5000" ]"#])
    func `a single text stands for a list of one`(value: String) throws {
        let loaded = try ConfigurationFixture.load(environment: ["LARDER_LISTEN": value])
        #expect(loaded.configuration.listen == [ListenAddress(host: "::", port: 5000)])
    }

    @Test func `an empty variable counts as not set`() throws {
        let loaded = try ConfigurationFixture.load(environment: ["LARDER_DOMAIN": ""])
        #expect(loaded.configuration.domain == nil)
        #expect(loaded.origins.isEmpty)
    }

    @Test func `a text is taken as it is, without YAML's signs`() throws {
        let loaded = try ConfigurationFixture.load(
            environment: [
                "LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__USERNAME": "null",
                "LARDER_UPSTREAMS__GHCR_IO__CREDENTIALS__PASSWORD": "a #b: [",
            ])
        let credential = Credential(username: "null", password: Secret("a #b: ["))
        #expect(
            loaded.configuration.upstreams["ghcr.io"]?.settings.credentials == [.fixed(credential)])
    }

    @Test(arguments: [
        ("LARDER_DATA_DRI", "unknown setting; did you mean LARDER_DATA_DIR?"),
        (
            "LARDER_UPSTREAMS__DOCKER_IO__URI",
            "unknown setting; did you mean LARDER_UPSTREAMS__DOCKER_IO__URL?"
        ),
        (
            "LARDER_UPSTREAMS__NEW_EXAMPLE_COM__URL",
            "unknown setting; a variable can change an upstream that is built in or in the file"
        ),
        ("LARDER_", "unknown setting"),
        ("LARDER_PORT", "unknown setting"),
        ("LARDER_SERVICE", "unknown setting"),
        ("LARDER__SERVICE_PORT", "unknown setting"),
    ])
    func `an unknown variable is an error`(name: String, message: String) {
        let problems = ConfigurationFixture.problems(environment: [name: "8080"])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("\(name): \(message)") == true, "\(problems)")
    }

    @Test(arguments: [
        ("LARDER_SERVICE_HOST", "10.0.0.1"), ("LARDER_SERVICE_PORT", "5000"),
        ("LARDER_SERVICE_PORT_REGISTRY", "5000"), ("LARDER_PORT", "tcp://10.0.0.1:5000"),
        ("LARDER_PORT_5000_TCP", "tcp://10.0.0.1:5000"), ("LARDER_PORT_5000_TCP_PROTO", "tcp"),
        ("LARDER_PORT_5000_TCP_PORT", "5000"), ("LARDER_PORT_5000_TCP_ADDR", "10.0.0.1"),
        ("LARDER_EDGE_PORT_53_UDP_ADDR", "10.0.0.1"), ("LARDER_EDGE_SERVICE_HOST", "10.0.0.1"),
        ("LARDER_STRICT", "1"), ("LARDER_SERVER", "http://cache.lan:5000"),
        ("LARDER_ADMIN_TOKEN", "secret"),
    ])
    func `what Kubernetes, the build and clients set is no setting`(name: String, value: String) {
        #expect(ConfigurationFixture.problems(environment: [name: value]) == [])
    }

    @Test(arguments: [
        (#"["#, "LARDER_LISTEN: listen: expected host:port"),
        (#"[":1",]x]"#, "LARDER_LISTEN: listen: not JSON"),
        (#"[{"address": 1}]"#, "LARDER_LISTEN: listen: address: expected host:port"),
    ])
    func `a malformed list is an error`(value: String, message: String) {
        let problems = ConfigurationFixture.problems(environment: ["LARDER_LISTEN": value])
        #expect(problems.first?.hasPrefix(message) == true, "\(problems)")
    }

    @Test func `two upstreams with the same variables are an error`() {
        let problems = ConfigurationFixture.problems(
            "upstreams:\n  lab.local: {}\n  lab-local: {}\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("larder.yaml:2:3: upstreams.lab.local: ") == true)
        #expect(problems.first?.contains("LARDER_UPSTREAMS__LAB_LOCAL__URL") == true)
    }
}
