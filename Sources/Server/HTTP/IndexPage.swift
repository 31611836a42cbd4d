/// `/`: the configured upstreams and how to pull through them.

import FoundationEssentials
import OCI
import Upstream

struct IndexPage: Sendable {
    private struct Entry: Encodable {
        let name: String
        let url: String
        let aliases: [String]
        let hosts: [String]
        let example: String
    }

    private struct Document: Encodable {
        let name = "larder"
        let version = Version.current
        let defaultUpstream: String
        /// By virtual host, as the predecessors list them.
        let routes: [String: String]
        let upstreams: [Entry]

        enum CodingKeys: String, CodingKey {
            case name, version
            case defaultUpstream = "default_upstream"
            case routes, upstreams
        }
    }

    private let document: Document
    private let host: String
    private let isTLS: Bool

    /// - Parameters:
    ///   - host: the name and port that the client reached Larder at.
    ///   - isTLS: whether it did by https.
    init(configuration: Configuration, host: String, isTLS: Bool = false) {
        self.host = host
        self.isTLS = isTLS
        document = Document(
            defaultUpstream: configuration.defaultUpstream,
            routes: configuration.virtualHosts.compactMapValues { name in
                configuration.upstreams[name].map { "\($0.endpoints[0].url)" }
            },
            upstreams: configuration.upstreams.values.sorted { $0.name < $1.name }.map { upstream in
                Entry(
                    name: upstream.name,
                    url: upstream.endpoints.map { "\($0.url)" }.joined(separator: ", "),
                    aliases: upstream.aliases.sorted(),
                    hosts: configuration.hosts(of: upstream),
                    example: "\(host)/\(upstream.name)/\(Self.example(for: upstream.name))")
            })
    }

    private static func example(for upstream: String) -> String {
        upstream == "docker.io" ? "library/alpine:latest" : "NAME:TAG"
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let json = (try? encoder.encode(document)) ?? Data()
        return String(decoding: json, as: UTF8.self) + "\n"
    }

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Larder</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <h1>Larder <small>\(Version.current)</small></h1>
        <p>A pull-through cache for container images. Images come from these registries once
        and are served from here from then on.</p>
        \(table)
        <h2>Point clients here</h2>
        \(setup)
        </body>
        </html>

        """
    }

    private var setup: String {
        let host = host.htmlEscaped
        let scheme = isTLS ? "https" : "http"
        let insecureDocker = isTLS ? "" : ",\n  \"insecure-registries\": [\"\(host)\"]"
        let insecurePodman = isTLS ? "" : "\ninsecure = true"
        return """
            <p>Docker, <code>/etc/docker/daemon.json</code>:</p>
            <pre>{
              "registry-mirrors": ["\(scheme)://\(host)"]\(insecureDocker)
            }</pre>
            <p>containerd, <code>/etc/containerd/certs.d/_default/hosts.toml</code>:</p>
            <pre>[host."\(scheme)://\(host)"]
              capabilities = ["pull", "resolve"]</pre>
            <p>Podman, <code>/etc/containers/registries.conf</code>, once for each registry:</p>
            <pre>[[registry]]
            prefix = "docker.io"
            location = "\(host)/docker.io"\(insecurePodman)</pre>
            """
    }

    /// Host names have a column where there are any; a table wider than the window scrolls alone.
    private var table: String {
        let hasHosts = document.upstreams.contains { !$0.hosts.isEmpty }
        let rows = document.upstreams.map { entry in
            let hosts = entry.hosts.map { "<code>\($0.htmlEscaped)</code>" }
            return """
                <tr><td><strong>\(entry.name.htmlEscaped)</strong></td>\
                <td><code>\(entry.example.htmlEscaped)</code></td>\
                \(hasHosts ? "<td>\(hosts.joined(separator: "<br>"))</td>" : "")\
                <td>\(entry.url.htmlEscaped)</td></tr>
                """
        }
        return """
            <div class="wide"><table>
            <thead><tr><th>Registry</th><th>Pull</th>\(hasHosts ? "<th>Host names</th>" : "")\
            <th>Comes from</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;\
        color:#222;background:#fff}
        small{color:#666;font-weight:normal;font-size:1rem}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #ddd;\
        vertical-align:top;white-space:nowrap}
        code,pre{font-family:ui-monospace,monospace;font-size:.9em}
        p code{overflow-wrap:anywhere}
        pre{background:#f5f5f3;padding:.75rem 1rem;overflow-x:auto}
        """
}

extension String {
    fileprivate var htmlEscaped: String {
        reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.append(character)
            }
        }
    }
}
