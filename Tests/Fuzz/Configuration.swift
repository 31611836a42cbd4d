// Configurations: told what is wrong with them, or printed as what reads back to the same.
import Upstream

@testable import Server

extension ParserCheck {
    static let configurations = ParserCheck(
        name: "configurations",
        corpus: [
            "listen: [\":80\", \"127.0.0.1:81\"]\ndomain: example.com\ncache: {max_size: 80%}\n",
            "tags:\n  fresh_for: 90s\n  rules:\n    - {match: \"docker.io/**:v*\", immutable: true}\n",
            """
            upstreams:
              docker.io: {aliases: [], hosts: [hub.example.com], max_bandwidth: 20MB}
              lab.local:5000:
                url: http://127.0.0.1:5100/sub
                allow_http: true
                redirects: {preset: predecessor, rules: [{hosts: "*", action: refuse}]}
              ghcr.io:
                endpoints: [{url: "https://mirror.example.com", resolve: false}, "https://ghcr.io"]
              nvcr.io: {enabled: false}

            """,
            """
            auth: {trusted_proxies: [10.0.0.5], groups: {builders: [ci, "a b"]}}
            rules:
              - {name: builders, action: allow, group: builders, network: 10.1.0.0/16}
              - {action: deny, upstream: docker.io, repository: ["*/**"], tag: "*-dev", user: "g-*"}

            """,
            "proxy: {url: \"http://proxy:3128\", no_proxy: [10.0.0.0/8, .lan]}\nshutdown: {grace: 1m}",
        ],
        tokens: signs + keys
    ) { bytes in
        let loaded: LoadedConfiguration
        do throws(ConfigurationError) {
            loaded = try Configuration.load(file: "larder.yaml", system: system(bytes))
        } catch {
            try require(!error.problems.isEmpty, "a refusal without a reason")
            for problem in error.problems { try requirePlain(problem.description) }
            return
        }
        let printed = EffectiveConfiguration(loaded).description
        // Secrets are not printed, and not read back.
        guard !printed.contains(Secret("").description) else { return }
        let again = try Configuration.load(
            file: "larder.yaml", system: system(Array(printed.utf8)))
        try require(again.configuration == loaded.configuration, "printed as\n\(printed)")
    }

    private static let signs = [
        ": ", "\n", "\n  ", "- ", "{", "}", "[", "]", ", ", "&a ", "*a", "!!str ", "---\n",
        "...\n", "? ", "|\n", ">\n", "#", "~", "null", "true", "false", "yes", "80%", "1GiB", "90s",
        "-1s", "https://", "upstreams:", "docker.io:", "url: ", "credentials: ", "enabled: false",
    ]

    private static let keys = Set(
        (ConfigurationSchema.settings.map(\.path) + ConfigurationSchema.upstream.map(\.path))
            .joined()
    ).sorted().map { "\($0): " }

    private static func system(_ bytes: [UInt8]) -> ConfigurationSystem {
        ConfigurationSystem(
            defaultFile: "/etc/larder/larder.yaml", isRoot: true,
            readFile: { path, _ throws(FileProblem) in
                guard path == "larder.yaml" else { throw .notFound }
                return bytes
            })
    }
}
