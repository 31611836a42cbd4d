/// What a newcomer needs when the server is up: how to point clients at it.

struct Banner: Sendable {
    let port: Int
    let configuration: Configuration

    var text: String {
        """

        Larder \(Version.current) serves \(configuration.upstreams.count) registries on port \(port).
        Data: \(configuration.dataDirectory)

          Docker      /etc/docker/daemon.json
                      {"registry-mirrors": ["http://localhost:\(port)"],
                       "insecure-registries": ["localhost:\(port)"]}
          containerd  /etc/containerd/certs.d/_default/hosts.toml
                      [host."http://localhost:\(port)"]
                      capabilities = ["pull", "resolve"]
          Podman      /etc/containers/registries.conf
                      [[registry]]
                      prefix = "docker.io"
                      location = "localhost:\(port)/docker.io"
                      insecure = true
          Any client  docker pull localhost:\(port)/docker.io/library/alpine

        From other hosts, put this host's name in place of localhost. Which registries, and how:
        http://localhost:\(port)/

        """
    }
}
