import Testing

@testable import Server

struct ConfigurationErrorTests {
    @Test(arguments: [
        ("data_dri: /srv", #"1:1: data_dri: unknown key "data_dri"; did you mean data_dir?"#),
        ("upstream:", #"1:1: upstream: unknown key "upstream"; did you mean upstreams?"#),
        (
            "log:\n  levle: info",
            #"2:3: log.levle: unknown key "levle"; did you mean level?"#
        ),
        ("level: info", #"1:1: level: unknown key "level"; did you mean log.level?"#),
        (
            "log: {colour: red}",
            #"1:7: log.colour: unknown key "colour"; known here: level, format"#
        ),
        ("log: info", "1:6: log: expected a mapping with level, format"),
        ("log: {level: warn}", "1:14: log.level: expected trace or debug or info"),
        ("log: {format: xml}", #"1:15: log.format: expected text or json, not "xml""#),
        ("tags: {fresh_for: 60}", "1:19: tags.fresh_for: expected a duration"),
        ("shutdown: {grace: -1s}", "1:19: shutdown.grace: expected a duration"),
        ("cache: {max_size: 50 lightyears}", "1:19: cache.max_size: expected a size"),
        ("cache: {max_size: [1GiB]}", "1:19: cache.max_size: expected a single value"),
        ("fill: {resume_attempts: many}", "1:25: fill.resume_attempts: expected a whole number"),
        ("fill: {ranged_fetches: 65}", "1:24: fill.ranged_fetches: expected a whole number"),
        ("listen: 5000", #"1:9: listen: expected host:port"#),
        ("listen: []", "1:9: listen: expected at least one"),
        ("listen: [\":1\", \":1\"]", "1:16: listen: is in the list twice"),
        (
            "listen:\n- address: \":1\"\n  tls: {}",
            #"3:3: listen: tls: unknown key "tls"; known here: address"#
        ),
        ("listen: [{adress: \":1\"}]", #"1:11: listen: adress: unknown key "adress"; did you"#),
        ("domain: http://example.com", "1:9: domain: expected a host name"),
        ("default_platform: amd64", "1:19: default_platform: expected a platform"),
        ("data_dir: \"\"", "1:11: data_dir: expected a path"),
        (
            "default_upstream: index.docker.io",
            "1:1: default_upstream: there is no upstream index.docker.io; did you mean docker.io?"
        ),
        (
            "default_upstream: ghrc.io",
            "1:1: default_upstream: there is no upstream ghrc.io; did you mean ghcr.io?"
        ),
        ("- a", "1:1: expected keys and values"),
        ("a: 1\na: 2", #"2:1: the key "a" is here a second time; first on line 1"#),
        ("upstreams: [docker.io]", "1:12: upstreams: expected a mapping of registry names"),
    ])
    func `names file, line, column and key`(yaml: String, problem: String) {
        let problems = ConfigurationFixture.problems(yaml)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("larder.yaml:\(problem)") == true, "\(problems)")
    }

    @Test func `tells everything that is wrong at once`() {
        let problems = ConfigurationFixture.problems(
            """
            listen: [nowhere, "also:nowhere"]
            log: {level: loud}
            upstreams:
              docker.io: {url: nothing, colour: red}
              Docker.IO: {}
            """,
            environment: ["LARDER_TAGS__FRESH_FOR": "soon", "LARDER_COLOUR": "red"],
            overrides: [ConfigurationOverride(key: "domain", value: "/", flag: "--domain")])
        let places = problems.map { String($0.prefix { $0 != " " }) }
        #expect(
            places == [
                "larder.yaml:1:10:", "larder.yaml:1:19:", "larder.yaml:2:14:",
                "larder.yaml:4:20:", "larder.yaml:4:29:", "larder.yaml:5:3:", "LARDER_COLOUR:",
                "LARDER_TAGS__FRESH_FOR:", "--domain:",
            ], "\(problems)")
    }

    @Test func `prints one line for each problem`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFixture.load("a: 1\nb: \"x\\ny\"\ntags: {fresh_for: \"\\n\\e[31m\"}")
        }
        #expect(error?.description.split(separator: "\n").count == 3)
        #expect(error?.description.unicodeScalars.contains("\u{1b}") == false)
    }

    @Test(arguments: [
        ("data_dri", "data_dir"), ("datadir", "data_dir"), ("fresh_fro", "fresh_for"),
        ("lgo", "log"), ("colour", nil), ("", nil), ("x", nil),
    ])
    func `finds the nearest name`(text: String, name: String?) {
        #expect(text.nearest(among: ["data_dir", "log", "fresh_for", "domain"]) == name)
    }
}
