import OCI
import Testing
import Upstream

@testable import Server

struct ConfigurationLoadTests {
    @Test func `without anything there are the defaults`() throws {
        let system = ConfigurationFixture.system(files: [:])
        let loaded = try Configuration.load(system: system)
        var expected = Configuration()
        expected.dataDirectory = "/var/lib/larder"
        #expect(loaded.configuration == expected)
        #expect(loaded.origins.isEmpty)
        #expect(loaded.file == nil)
        #expect(expected.listen == [ListenAddress(host: "0.0.0.0", port: 5000)])
        #expect(expected.defaultPlatform.description == "linux/amd64")
    }

    @Test(arguments: [(true, "/var/lib/larder"), (false, "./larder-data")])
    func `the cache's place depends on who runs Larder`(isRoot: Bool, path: String) throws {
        let system = ConfigurationFixture.system(files: [:], isRoot: isRoot)
        #expect(try Configuration.load(system: system).configuration.dataDirectory == path)
    }

    @Test func `the default file is read if it is there`() throws {
        let file = "/etc/larder/larder.yaml"
        let system = ConfigurationFixture.system(files: [file: "data_dir: /srv"])
        let loaded = try Configuration.load(system: system)
        #expect(loaded.configuration.dataDirectory == "/srv")
        #expect(loaded.file == file)
    }

    @Test func `a default file that cannot be read is an error`() {
        let system = ConfigurationSystem(
            defaultFile: "/etc/larder/larder.yaml", isRoot: true,
            readFile: { _, _ throws(FileProblem) in throw .system(code: 13) })
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(system: system)
        }
        #expect(error?.description == "/etc/larder/larder.yaml: cannot be read: Permission denied")
    }

    @Test func `a file that is named must be there`() {
        let system = ConfigurationFixture.system(files: [:])
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: "gone.yaml", system: system)
        }
        #expect(error?.description == "gone.yaml: cannot be read: No such file or directory")
    }

    @Test func `every key is read from the file`() throws {
        let configuration = try ConfigurationFixture.load(
            """
            listen: ["127.0.0.1:80", {address: "[::1]:81"}]
            data_dir: /srv
            domain: Example.com
            default_upstream: ghcr.io
            default_platform: linux/arm64/v8
            log: {level: debug, format: json}
            tags: {fresh_for: 0s}
            cache: {max_size: 80%}
            fill:
              range_ahead: 1MiB
              ranged_fetches: 2
              abandoned_finish_bytes: 2GB
              abandoned_grace: 5s
              resume_attempts: 7
            shutdown: {grace: 1m}
            """
        ).configuration
        #expect(
            configuration.listen == [
                ListenAddress(host: "127.0.0.1", port: 80), ListenAddress(host: "::1", port: 81),
            ])
        #expect(configuration.dataDirectory == "/srv")
        #expect(configuration.domain == "example.com")
        #expect(configuration.defaultUpstream == "ghcr.io")
        #expect(configuration.defaultPlatform.description == "linux/arm64/v8")
        #expect(configuration.log == LogSettings(level: .debug, format: .json))
        #expect(configuration.tags.freshFor == .zero)
        #expect(configuration.cache.maxSize == .percent(80))
        #expect(
            configuration.fill
                == FillSettings(
                    rangeAhead: ByteCount(1_048_576), maxRangedFetches: 2,
                    abandonedFinishBytes: ByteCount(2_000_000_000), abandonedGrace: .seconds(5),
                    resumeAttempts: 7))
        #expect(configuration.shutdown.grace == .seconds(60))
    }

    @Test(arguments: ["", "# nothing\n", "log:\nupstreams:\ntags: ~\n", "data_dir:\n", "~"])
    func `a key without a value leaves the default`(yaml: String) throws {
        #expect(
            try ConfigurationFixture.load(yaml).configuration
                == ConfigurationFixture.load().configuration)
    }

    @Test func `a flag goes before the environment, that before the file`() throws {
        let yaml = "tags: {fresh_for: 1s}\nlog: {level: trace}\ndata_dir: /file"
        let environment = ["LARDER_TAGS__FRESH_FOR": "2s", "LARDER_LOG__LEVEL": "debug"]
        let flag = ConfigurationOverride(
            key: "tags.fresh_for", value: "3s", flag: "--tags-fresh-for")
        let loaded = try ConfigurationFixture.load(
            yaml, environment: environment, overrides: [flag])
        #expect(loaded.configuration.tags.freshFor == .seconds(3))
        #expect(loaded.configuration.log.level == .debug)
        #expect(loaded.configuration.dataDirectory == "/file")
        #expect(
            loaded.origins == [
                ConfigurationKey(path: ["tags", "fresh_for"]): .flag("--tags-fresh-for"),
                ConfigurationKey(path: ["log", "level"]): .environment("LARDER_LOG__LEVEL"),
                ConfigurationKey(path: ["data_dir"]):
                    .file("larder.yaml", TextPosition(line: 3, column: 1)),
            ])
    }

    @Test func `a flag can name an upstream's key`() throws {
        let flag = ConfigurationOverride(
            key: "upstreams.docker.io.url", value: "https://hub.example.com", flag: "--set")
        let loaded = try ConfigurationFixture.load(overrides: [flag])
        let settings = try #require(loaded.configuration.upstreams["docker.io"]).settings
        #expect(settings.endpoints.map { "\($0.url)" } == ["https://hub.example.com"])
    }

    @Test func `an unknown flag key is an error`() {
        let flag = ConfigurationOverride(key: "data_dri", value: "/srv", flag: "--set")
        #expect(
            ConfigurationFixture.problems(overrides: [flag]) == [
                "--set: data_dri: unknown key; did you mean data_dir?"
            ])
    }
}
