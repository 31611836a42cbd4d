import Testing
import Upstream

@testable import Server

struct UpstreamConfigurationTests {
    @Test func `the built-in upstreams have their names, addresses and hosts`() throws {
        let configuration = try ConfigurationFixture.load("domain: example.com").configuration
        let rows = configuration.upstreams.values.sorted { $0.name < $1.name }.map { upstream in
            "\(upstream.name) \(upstream.endpoints[0].url) \(configuration.hosts(of: upstream))"
        }
        #expect(
            rows == [
                #"docker.cloudsmith.io https://docker.cloudsmith.io ["cloudsmith.example.com"]"#,
                #"docker.io https://registry-1.docker.io ["docker.example.com"]"#,
                #"gcr.io https://gcr.io ["gcr.example.com"]"#,
                #"ghcr.io https://ghcr.io ["ghcr.example.com"]"#,
                #"k8s.gcr.io https://k8s.gcr.io ["k8s-gcr.example.com"]"#,
                #"mcr.microsoft.com https://mcr.microsoft.com []"#,
                #"nvcr.io https://nvcr.io []"#,
                #"public.ecr.aws https://public.ecr.aws ["ecr.example.com"]"#,
                #"quay.io https://quay.io ["quay.example.com"]"#,
                #"registry.gitlab.com https://registry.gitlab.com []"#,
                #"registry.k8s.io https://registry.k8s.io ["k8s.example.com"]"#,
            ])
        #expect(configuration.virtualHosts["k8s-gcr.example.com"] == "k8s.gcr.io")
        #expect(configuration.upstreamNames["index.docker.io"] == "docker.io")
        #expect(configuration.upstreams["registry.gitlab.com"]?.realms == ["gitlab.com"])
    }

    @Test func `what the file says of a built-in upstream changes just that`() throws {
        let loaded = try ConfigurationFixture.load(
            "upstreams: {docker.io: {hosts: [hub.example.com], timeouts: {idle: 5s}}}")
        let upstream = try #require(loaded.configuration.upstreams["docker.io"])
        #expect(upstream.endpoints.map { "\($0.url)" } == ["https://registry-1.docker.io"])
        #expect(upstream.aliases == ["registry-1.docker.io", "index.docker.io"])
        #expect(upstream.hosts == ["hub.example.com"])
        #expect(upstream.timeouts == Timeouts(idle: .seconds(5)))
    }

    @Test func `a new upstream is at its own name unless it says otherwise`() throws {
        let loaded = try ConfigurationFixture.load(
            """
            upstreams:
              registry.example.com:
              lab.local:5000:
                url: http://127.0.0.1:5100
                allow_http: true
                allow_private_addresses: true
            """)
        let upstreams = loaded.configuration.upstreams
        #expect(
            upstreams["registry.example.com"]?.endpoints.map { "\($0.url)" }
                == ["https://registry.example.com"])
        let lab = try #require(upstreams["lab.local:5000"]).settings
        #expect(lab.endpoints.map { "\($0.url)" } == ["http://127.0.0.1:5100"])
        #expect(lab.allowHTTP && lab.allowPrivateAddresses)
    }

    @Test func `an upstream may be at several addresses, of which some give digests only`() throws {
        let loaded = try ConfigurationFixture.load(
            """
            upstreams:
              lab.io:
                endpoints: [{url: "https://eu.lab.io", resolve: false}, "https://lab.io/sub"]
            """)
        let settings = try #require(loaded.configuration.upstreams["lab.io"]).settings
        #expect(
            settings.endpoints.map { "\($0.url)" } == ["https://eu.lab.io", "https://lab.io/sub"])
        #expect(settings.endpoints.map(\.resolves) == [false, true])
    }

    @Test func `an upstream can be taken away`() throws {
        let loaded = try ConfigurationFixture.load(
            "default_upstream: ghcr.io\nupstreams: {docker.io: {enabled: false}}")
        #expect(loaded.configuration.upstreams["docker.io"] == nil)
        #expect(loaded.configuration.upstreams.count == 10)
    }

    @Test(arguments: [
        ("docker.io: {enabled: false}", ["default_upstream: there is no upstream docker.io"]),
        (
            "a.io: {url: http://a.io}",
            ["larder.yaml:2:10: upstreams.a.io.url: plain http needs allow_http: true"]
        ),
        (
            "a.io: {endpoints: []}",
            ["larder.yaml:2:21: upstreams.a.io.endpoints: expected at least one"]
        ),
        (
            "a.io: {endpoints: [{url: https://a.io, resolve: false}]}",
            ["larder.yaml:2:10: upstreams.a.io.endpoints: at least one must resolve tags"]
        ),
        (
            "a.io: {endpoints: [https://a.io, {url: https://a.io, resolve: false}]}",
            ["larder.yaml:2:10: upstreams.a.io.endpoints: https://a.io is in the list twice"]
        ),
        (
            "a.io: {endpoints: [https://a.io, http://b.io]}",
            ["larder.yaml:2:10: upstreams.a.io.endpoints: plain http needs allow_http: true"]
        ),
        (
            "a.io: {endpoints: [{resolve: false}]}",
            ["larder.yaml:2:22: upstreams.a.io.endpoints: expected the key url"]
        ),
        (
            "a.io: {endpoints: [https://a.io], url: https://a.io}",
            ["larder.yaml:2:10: upstreams.a.io.endpoints: url and endpoints exclude each other"]
        ),
        (
            "a.io: {access: passthrough, credentials: {username: u, password: p}}",
            ["larder.yaml:2:58: upstreams.a.io.credentials: with access: passthrough clients sign"]
        ),
        (
            "a.io: {access: shut}",
            [#"larder.yaml:2:18: upstreams.a.io.access: expected open or passthrough, not "shut""#]
        ),
        (
            "a.io: {aliases: [quay.io]}",
            [
                "larder.yaml:2:10: upstreams.a.io.aliases: quay.io is already a name of the upstream quay.io"
            ]
        ),
        (
            "index.docker.io: {}",
            [
                "upstreams.docker.io.aliases: index.docker.io is already a name of the upstream index.docker.io"
            ]
        ),
        (
            "a.io: {aliases: [c.io]}\n  b.io: {aliases: [c.io]}",
            [
                "larder.yaml:3:10: upstreams.b.io.aliases: c.io is already a name of the upstream a.io"
            ]
        ),
        (
            "a.io: {hosts: [c.io]}\n  b.io: {hosts: [C.io]}",
            ["larder.yaml:3:10: upstreams.b.io.hosts: c.io is already a host of the upstream a.io"]
        ),
        (
            "a.io: {hosts: [docker.example.com]}",
            ["upstreams.docker.io.hosts: docker.example.com is already a host of the upstream a.io"]
        ),
        (
            "a.io: {allow_http: maybe}",
            ["larder.yaml:2:22: upstreams.a.io.allow_http: expected true"]
        ),
        (
            "a.io: {timeouts: {idle: 0s}}",
            ["larder.yaml:2:27: upstreams.a.io.timeouts.idle: expected a dur"]
        ),
        ("a.io: nothing", ["larder.yaml:2:9: upstreams.a.io: expected a mapping"]),
        ("a b: {}", ["larder.yaml:2:3: upstreams: expected a registry's host name"]),
        ("A.io: {}", ["larder.yaml:2:3: upstreams: expected a registry's host name"]),
        (
            "a.io: {ca_file: /gone}",
            ["larder.yaml:2:10: upstreams.a.io.ca_file: /gone cannot be read"]
        ),
        (
            "a.io: {ca_file: /empty}",
            ["larder.yaml:2:10: upstreams.a.io.ca_file: /empty holds no PEM certificate"]
        ),
    ])
    func `refuses what cannot be`(upstreams: String, expected: [String]) {
        let problems = ConfigurationFixture.problems(
            "upstreams:\n  \(upstreams)\ndomain: example.com\n", files: ["/empty": ""])
        #expect(problems.count == expected.count)
        for (problem, start) in zip(problems, expected) {
            #expect(problem.hasPrefix(start), "\(problem)")
        }
    }
}
