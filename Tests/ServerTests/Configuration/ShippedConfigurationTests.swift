import Foundation
import TestKit
import Testing
import Upstream

@testable import Server

/// `config/larder.yaml`, in which `# ` begins prose and a `#` without a blank a key.
struct ShippedConfigurationTests {
    private static let files = [
        "/run/secrets/hub": "secret\n",
        "/run/secrets/larder-admin": "secret\n",
        "/etc/larder/lab-ca.pem": "-----BEGIN CERTIFICATE-----",
        "/run/secrets/proxy": "secret\n",
        "/etc/larder/client.pem": TestCertificates.client.certificate,
        "/etc/larder/client.key": TestCertificates.client.key,
        "/etc/larder/docker.json": "{}",
        "/etc/larder/htpasswd": "ann:$2y$05$x\n",
        "/etc/larder/larder.crt": TestCertificates.server.certificate,
        "/etc/larder/larder.key": TestCertificates.server.key,
        "/etc/larder/clients-ca.crt": TestCertificates.authority,
    ]

    /// Keys that stand in the prose of the one that they exclude.
    private static let toldOfElsewhere = ["admin.token", "proxy.password"]

    private static let lines: [String] = {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath()
            .appending(path: "../../../../config/larder.yaml").standardized
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }()

    private static let ofCertificate = ["/larder.crt", "/larder.key"]
    private static let needsCertificate = ofCertificate + ["client_ca:", "listen_plain:"]

    private static func isExample(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        return text.first == "#" && text.dropFirst().first.map { $0 != " " } == true
    }

    private static let uncommented: [String] = lines.map { line in
        guard isExample(line), let sign = line.firstIndex(of: "#") else { return line }
        return String(line[..<sign] + line[line.index(after: sign)...])
    }

    @Test func `as shipped it gives the defaults`() throws {
        let shipped = try ConfigurationFixture.load(Self.lines.joined(separator: "\n"))
        #expect(shipped.configuration == (try ConfigurationFixture.load().configuration))
        #expect(shipped.origins.isEmpty)
    }

    @Test func `every example is right, and every key outside of upstreams shows its default`()
        throws
    {
        let loaded = try ConfigurationFixture.load(
            Self.uncommented.joined(separator: "\n"), files: Self.files)
        var configuration = loaded.configuration
        #expect(configuration.domain == "example.com")
        #expect(configuration.upstreams["lab.local"]?.allowHTTP == true)
        #expect(configuration.admin.token.reveal() == "secret")
        configuration.domain = nil
        configuration.cache.pins = []
        configuration.tags.rules = []
        configuration.eviction.maxUnused = nil
        configuration.admin = AdminSettings()
        configuration.auth = AuthConfiguration()
        configuration.rules = []
        configuration.limits.exempt = []
        configuration.proxy = ProxyConfiguration()
        configuration.tls = TLSSettings()
        configuration.listenPlain = []
        configuration.upstreams = BuiltInUpstreams.all
        #expect(configuration == (try ConfigurationFixture.load().configuration))
    }

    @Test func `every key above the upstreams' own can be uncommented alone`() throws {
        let outer = Self.lines.indices.filter { index in
            Self.isExample(Self.lines[index]) && !Self.lines[index].hasPrefix("    ")
        }
        for index in outer {
            var lines = Self.lines
            lines[index] = Self.uncommented[index]
            // These mean something beside a certificate with its key alone.
            if Self.needsCertificate.contains(where: { lines[index].contains($0) }) {
                for (line, text) in Self.uncommented.enumerated()
                where Self.ofCertificate.contains(where: { text.contains($0) }) {
                    lines[line] = text
                }
            }
            #expect(
                ConfigurationFixture.problems(lines.joined(separator: "\n"), files: Self.files)
                    == [], "line \(index + 1)")
        }
    }

    @Test func `it has every key of the schema, and no other`() throws {
        let text = Self.uncommented.joined(separator: "\n")
        let root = try #require(try YAMLDocument.parse(text))
        let documented = Set(Self.keys(root).map(\.path))
        let settings = ConfigurationSchema.settings.filter(\.isSupported).map(\.path)
        let upstream = ConfigurationSchema.upstream.filter(\.isSupported).map {
            [ConfigurationSchema.upstreamsKey, "*"] + $0.path
        }
        let rules =
            ConfigurationSchema.tagRule.map { ["tags", "rules"] + $0.path }
            + ConfigurationSchema.accessRule.map { ["rules"] + $0.path }
        let known = Set((settings + upstream + rules).map { $0.joined(separator: ".") })
        // A key that cannot stand beside another is told of in that one's prose.
        #expect(known.subtracting(documented) == Set(Self.toldOfElsewhere))
        let sections = [
            "log", "tags", "cache", "eviction", "scrub", "backup", "stats", "admin", "auth",
            "auth.groups.builders", "limits", "fill", "proxy", "shutdown", "tls",
            "connections", "upstreams", "upstreams.*",
        ]
        let groups = [
            "timeouts", "breaker", "proxy", "rate_limit", "redirects", "redirects.rules.hosts",
            "redirects.rules.action",
        ].map { "upstreams.*.\($0)" }
        #expect(documented.subtracting(known) == Set(sections + groups))
    }

    @Test func `every key tells its type and default, and whether it needs a restart`() throws {
        let root = try #require(
            try YAMLDocument.parse(Self.uncommented.joined(separator: "\n")))
        let lines = Dictionary(
            Self.keys(root).map { ($0.path, $0.line) }, uniquingKeysWith: { first, _ in first })
        for setting in ConfigurationSchema.settings {
            let path = setting.path.joined(separator: ".")
            if Self.toldOfElsewhere.contains(path) { continue }
            let line = try #require(lines[path])
            let text = Self.prose(above: line)
            #expect(text.contains("Type: ") && text.contains("Default: "), "\(setting.path)")
            #expect(text.contains("restart") == (setting.effect == .needsRestart))
        }
        for setting in ConfigurationSchema.upstream where setting.isSupported {
            let line = try #require(lines["upstreams.*." + setting.path.joined(separator: ".")])
            let text = Self.prose(above: line)
            #expect(text.contains("Type: ") && text.contains("Default: "), "\(setting.path)")
        }
    }

    /// The comment that ends above a line, counted from 1.
    private static func prose(above line: Int) -> String {
        let above = lines[..<(line - 1)].reversed().prefix { text in
            text.drop { $0 == " " }.hasPrefix("# ")
        }
        return above.reversed().joined(separator: "\n")
    }

    /// Every key with its line; `*` stands for an upstream's name.
    private static func keys(
        _ node: YAMLNode, below path: [String] = []
    ) -> [(path: String, line: Int)] {
        switch node.content {
        case .scalar: return []
        case .sequence(let items): return items.flatMap { keys($0, below: path) }
        case .mapping(let entries):
            return entries.flatMap { entry in
                let name = path == [ConfigurationSchema.upstreamsKey] ? "*" : entry.key
                let key = (
                    path: (path + [name]).joined(separator: "."), line: entry.keyPosition.line
                )
                return [key] + keys(entry.value, below: path + [name])
            }
        }
    }
}
