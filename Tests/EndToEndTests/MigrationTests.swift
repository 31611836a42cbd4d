// The ways of docs/migrating.md, each tried.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Migration {
        private static let manifest = "/v2/library/base/manifests/1"

        @Test("go-docker-proxy's environment alone makes a Larder that answers as the proxy did")
        func goDockerProxy() async throws {
            try await Lab.with { lab in
                var proxy = lab.larder
                proxy.isConfiguredByFile = false
                proxy.environment = [
                    "PORT": "\(proxy.port)", "CUSTOM_DOMAIN": "example.com",
                    "CACHE_DIR": proxy.dataDirectory.path, "CACHE_ENABLED": "true",
                    "CACHE_MANIFEST_TTL": "1d", "CACHE_BLOB_TTL": "1y",
                    "FOLLOW_ALL_REDIRECTS": "true", "BLOCKED_HOSTS": "s3.example.net",
                    "DEBUG": "false", "DNS_SERVERS": "1.1.1.1",
                    "TARGET_UPSTREAM": "http://127.0.0.1:\(lab.registry.port)",
                    "LARDER_UPSTREAMS__DOCKER_IO__URL": "http://127.0.0.1:\(lab.registry.port)",
                    "LARDER_UPSTREAMS__DOCKER_IO__ALLOW_HTTP": "true",
                ]
                try await lab.registry.running {
                    try await proxy.running { _ in
                        let host = ["Host: docker.example.com"]
                        for (path, headers) in [(Self.manifest, host), (Self.manifest, [])] {
                            let first = try await Curl.get(lab.larder.url + path, headers)
                            #expect(first[header: "Docker-Content-Digest"] == lab.images.base.index)
                            #expect(first[header: "X-Cache"] == "MISS")
                            try await eventually("the manifest is kept") {
                                let next = try await Curl.get(lab.larder.url + path, headers)
                                return next[header: "X-Cache"] == "HIT"
                            }
                        }
                        try await expectPages(of: lab.larder, host)
                        let pulled = try await PullClient.dockerdMirror.pull(
                            lab.images.base, through: lab.larder)
                        let config = try lab.images.base.amd64.config
                        #expect(pulled == config)
                        #expect(lab.larder.has(config))
                        let check = try await proxy.command("-health-check")
                        #expect(check.code == 0, "\(check.diagnostics)")
                    }
                    let check = try await proxy.command("-health-check")
                    #expect(check.code == 1)
                }
                try await expectReport(of: proxy)
            }
        }

        /// What monitors and people of the proxy look at.
        private func expectPages(of larder: LarderProcess, _ host: [String]) async throws {
            let health = try await Curl.get(larder.url + "/health")
            #expect(String(decoding: health.body, as: UTF8.self).contains("\"uptime\""))
            #expect(try await Curl.status(of: larder.url + "/healthz") == 200)
            let stats = try await Curl.get(larder.url + "/stats/cache")
            #expect(String(decoding: stats.body, as: UTF8.self).contains("\"hit_rate\""))
            let index = try await Curl.get(larder.url + "/", host)
            let routes = String(decoding: index.body, as: UTF8.self)
            #expect(routes.contains("\"k8s-gcr.example.com\" : \"https://k8s.gcr.io\""))
            let unknown = try await Curl.get(larder.url + "/v2/", ["Host: no.example.com"])
            #expect(unknown.status == 404)
        }

        /// What became of the variables is in the log, and in `larder check-config`.
        private func expectReport(of proxy: LarderProcess) async throws {
            let log = try String(contentsOf: proxy.log, encoding: .utf8)
            let printed = try await proxy.command("check-config")
            for line in [
                "PORT=\(proxy.port) → listen: 0.0.0.0:\(proxy.port)",
                "CUSTOM_DOMAIN=example.com → domain: example.com",
                "CACHE_MANIFEST_TTL=1d → tags.fresh_for: 1d",
                "CACHE_BLOB_TTL=1y → eviction.max_unused: 365d",
                "FOLLOW_ALL_REDIRECTS=true changes nothing",
                "BLOCKED_HOSTS=s3.example.net → upstreams.*.redirects.rules: follow",
                "DNS_SERVERS is not supported",
            ] {
                #expect(log.contains(line), "\(line)")
                #expect(printed.output.contains("# \(line)"), "\(line)")
            }
        }

        @Test("cloudflare-docker-proxy's host names lead where its routes led")
        func cloudflareDockerProxy() async throws {
            try await Lab.with { lab in
                var larder = lab.larder
                let url = "http://127.0.0.1:\(lab.registry.port)"
                larder.upstreams = ["docker.io": url, "quay.io": url, "public.ecr.aws": url]
                try await lab.registry.running {
                    try await larder.running { _ in
                        for (label, path) in [
                            ("docker", "/v2/base/manifests/1"), ("docker", Self.manifest),
                            ("quay", Self.manifest), ("ecr", Self.manifest),
                        ] {
                            let host = ["Host: \(label).example.com"]
                            let answer = try await Curl.get(larder.url + path, host)
                            #expect(
                                answer[header: "Docker-Content-Digest"] == lab.images.base.index)
                            #expect(try await Curl.get(larder.url + "/v2/", host).status == 200)
                        }
                        let page = try await Curl.get(
                            larder.url + "/v2/library/base/tags/list?n=1",
                            ["Host: docker.example.com"])
                        #expect(page.status == 200)
                        let unknown = try await Curl.get(
                            larder.url + Self.manifest, ["Host: unknown.example.com"])
                        #expect(unknown.errorCode == "NAME_UNKNOWN")
                    }
                }
            }
        }

        @Test("A registry:2 mirror's clients pull through Larder unchanged")
        func registryMirror() async throws {
            try await Lab.with { lab in
                var larder = lab.larder
                larder.settings = "eviction: {max_unused: 7d}"
                try await lab.registry.running {
                    try await larder.running { _ in
                        for client in [PullClient.dockerdMirror, .containerd] {
                            let pulled = try await client.pull(lab.images.base, through: larder)
                            let config = try lab.images.base.amd64.config
                            #expect(pulled == config)
                        }
                        try await eventually("the pull is counted") {
                            let list = try await larder.command("ls")
                            return list.output.contains("docker.io/library/base:1")
                        }
                    }
                }
                try lab.expectOneFetch(of: lab.images.base.amd64.blobs)
            }
        }

        @Test("nginx as it is described ends TLS before Larder, path prefixes included")
        func nginx() async throws {
            try await Lab.with { lab in
                try await lab.serving {
                    try await Nginx(directory: lab.directory, larder: lab.larder).running { url in
                        let curl = Tool(name: "curl")
                        for path in [
                            Self.manifest, "/v2/docker.io/library/base/manifests/1",
                            "/docker.io/v2/library/base/manifests/1",
                            "/hub/v2/library/base/manifests/1",
                        ] {
                            let head = try await curl.run([
                                "--silent", "--insecure", "--noproxy", "*", "--head", url + path,
                            ])
                            #expect(head.contains(lab.images.base.index), "\(path): \(head)")
                            #expect(head.contains("larder; "), "\(path)")
                        }
                        let layer = try lab.images.base.amd64.layers[2]
                        let blob = lab.directory.appending(path: "blob").path
                        _ = try await curl.run([
                            "--silent", "--insecure", "--noproxy", "*", "--fail", "--output", blob,
                            "\(url)/v2/library/base/blobs/\(layer)",
                        ])
                        let digest = try await Tool(name: "sha256sum").run([blob])
                        #expect("sha256:\(digest.prefix(64))" == layer)
                    }
                }
            }
        }
    }
}

/// nginx with the server of docs/migrating.md, at a port and with a certificate of its own.
private struct Nginx: Sendable {
    let directory: URL
    let larder: LarderProcess
    let port = FreePort.next()

    func running(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
        let key = directory.appending(path: "cache.lan.key").path
        try await Tool(name: "openssl").run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=cache.lan", "-keyout", key, "-out",
            directory.appending(path: "cache.lan.pem").path,
        ])
        let configuration = try directory.write(try text(), to: "nginx.conf")
        let url = "https://127.0.0.1:\(port)"
        _ = try await withDaemon(
            [
                try Tool.locate("nginx"), "-e", "stderr", "-c", configuration.path, "-g",
                "daemon off; pid \(directory.path)/nginx.pid;",
            ],
            log: directory.appending(path: "nginx.log"),
            isReady: { _ in
                try await Tool(name: "curl").attempt([
                    "--silent", "--insecure", "--fail", "--noproxy", "*", url + "/readyz",
                ]).succeeded
            },
            body: { _ in try await body(url) })
    }

    private func text() throws -> String {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/migrating.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let start = try #require(text.range(of: "```nginx\n")).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        let server = text[start..<end]
            .replacingOccurrences(of: "listen 443 ssl", with: "listen 127.0.0.1:\(port) ssl")
            .replacingOccurrences(of: "/etc/nginx/", with: directory.path + "/")
            .replacingOccurrences(of: "127.0.0.1:5000", with: larder.address)
        return "events {}\nhttp {\naccess_log off;\n\(server)}\n"
    }
}
