/// The registries that Larder knows without being told.
import Upstream

enum BuiltInUpstreams {
    /// Merged under what the configuration says, by name.
    static let all: [String: UpstreamConfiguration] = {
        let upstreams = [
            upstream(
                "docker.io", host: "registry-1.docker.io",
                aliases: ["registry-1.docker.io", "index.docker.io"]),
            upstream("quay.io"),
            upstream("gcr.io"),
            upstream("k8s.gcr.io"),
            upstream("registry.k8s.io"),
            upstream("ghcr.io"),
            upstream("docker.cloudsmith.io"),
            upstream("public.ecr.aws"),
            upstream("mcr.microsoft.com"),
            upstream("nvcr.io"),
            upstream("registry.gitlab.com", realms: ["gitlab.com"]),
        ]
        return Dictionary(uniqueKeysWithValues: upstreams.map { ($0.name, $0) })
    }()

    /// The label below the configured domain under which an upstream is a virtual host. They are
    /// those of the proxies that Larder's first users come from.
    static let domainLabels = [
        "docker.io": "docker",
        "quay.io": "quay",
        "gcr.io": "gcr",
        "k8s.gcr.io": "k8s-gcr",
        "registry.k8s.io": "k8s",
        "ghcr.io": "ghcr",
        "docker.cloudsmith.io": "cloudsmith",
        "public.ecr.aws": "ecr",
    ]

    private static func upstream(
        _ name: String, host: String? = nil, aliases: [String] = [], realms: [String] = []
    ) -> UpstreamConfiguration {
        // A URL of https and one of the plain host names above always parses.
        let url = EndpointURL("https://\(host ?? name)")!
        return UpstreamConfiguration(name: name, url: url, aliases: aliases, realms: realms)
    }
}
