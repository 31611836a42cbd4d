import Testing

@testable import Server

struct ConfigurationChangeTests {
    private static func change(_ old: String, _ new: String) throws -> ConfigurationChange {
        ConfigurationChange.between(
            try ConfigurationFixture.load(old).configuration,
            try ConfigurationFixture.load(new).configuration)
    }

    @Test func `the same configuration changes nothing`() throws {
        #expect(try Self.change("tags: {fresh_for: 60s}", "tags: {fresh_for: 1m}").isEmpty)
    }

    @Test(arguments: [
        ("tags: {fresh_for: 5m}", "tags.fresh_for"),
        ("log: {level: debug}", "log.level"),
        ("domain: example.com", "domain"),
        ("default_upstream: ghcr.io", "default_upstream"),
        ("cache: {max_size: 1GiB}", "cache.max_size"),
        ("fill: {resume_attempts: 1}", "fill.resume_attempts"),
        ("upstreams: {docker.io: {url: https://a.io}}", "upstreams.docker.io.url"),
        ("upstreams: {a.io: {}}", "upstreams.a.io"),
        ("upstreams: {ghcr.io: {enabled: false}}", "upstreams.ghcr.io"),
        (
            "upstreams: {ghcr.io: {credentials: {username: a, password: b}}}",
            "upstreams.ghcr.io.credentials"
        ),
    ])
    func `takes effect at once`(yaml: String, key: String) throws {
        #expect(try Self.change("", yaml) == ConfigurationChange(live: [key]))
        #expect(try Self.change(yaml, "") == ConfigurationChange(live: [key]))
    }

    @Test(arguments: [("listen: \":1\"", "listen"), ("data_dir: /srv", "data_dir")])
    func `needs a restart`(yaml: String, key: String) throws {
        #expect(try Self.change("", yaml) == ConfigurationChange(needsRestart: [key]))
    }

    @Test func `a changed password counts, and is not told`() throws {
        let change = try Self.change(
            "upstreams: {ghcr.io: {credentials: {username: a, password: hunter1}}}",
            "upstreams: {ghcr.io: {credentials: {username: a, password: hunter2}}}")
        #expect(change == ConfigurationChange(live: ["upstreams.ghcr.io.credentials"]))
    }

    @Test func `what needs a restart stays as it was, and is named until then`() throws {
        let running = try ConfigurationFixture.load("data_dir: /old").configuration
        let new = try ConfigurationFixture.load("data_dir: /new\ntags: {fresh_for: 5m}")
            .configuration
        let reloaded = new.reloaded(into: running)
        #expect(reloaded.dataDirectory == "/old")
        #expect(reloaded.tags.freshFor == .seconds(300))
        #expect(
            ConfigurationChange.between(reloaded, new)
                == ConfigurationChange(needsRestart: ["data_dir"]))
    }
}
