/// What a newcomer needs when the server is up: how to point clients at it.

struct Banner: Sendable {
    let port: Int
    let configuration: Configuration

    private var isTLS: Bool { configuration.tls.files != nil }
    private var url: String { "\(isTLS ? "https" : "http")://localhost:\(port)" }

    var text: String {
        let docker = "{\"registry-mirrors\": [\"\(url)\"]"
        let insecureDocker =
            isTLS ? "}" : ",\n               \"insecure-registries\": [\"localhost:\(port)\"]}"
        let podman = "location = \"localhost:\(port)/docker.io\""
        let insecurePodman = isTLS ? "" : "\n              insecure = true"
        return """

            Larder \(Version.current) serves \(configuration.upstreams.count) registries on port \(port).
            Data: \(configuration.dataDirectory)

              Docker      /etc/docker/daemon.json
                          \(docker)\(insecureDocker)
              containerd  /etc/containerd/certs.d/_default/hosts.toml
                          [host."\(url)"]
                          capabilities = ["pull", "resolve"]
              Podman      /etc/containers/registries.conf
                          [[registry]]
                          prefix = "docker.io"
                          \(podman)\(insecurePodman)
              Any client  docker pull localhost:\(port)/docker.io/library/alpine

            From other hosts, put this host's name in place of localhost. Which registries, and how:
            \(url)/

            """
    }
}
