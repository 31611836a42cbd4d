/// The variables of go-docker-proxy, and what each means in Larder's own keys.
import OCI
import Upstream

/// Some are cloudflare-docker-proxy's too.
enum PredecessorVariable: String, CaseIterable, Sendable {
    case targetUpstream = "TARGET_UPSTREAM"
    case port = "PORT"
    case customDomain = "CUSTOM_DOMAIN"
    case cacheDirectory = "CACHE_DIR"
    case cacheEnabled = "CACHE_ENABLED"
    case manifestTTL = "CACHE_MANIFEST_TTL"
    case blobTTL = "CACHE_BLOB_TTL"
    case followAllRedirects = "FOLLOW_ALL_REDIRECTS"
    case blockedHosts = "BLOCKED_HOSTS"
    case debug = "DEBUG"
    case dnsEnabled = "DNS_ENABLED"
    case dnsServers = "DNS_SERVERS"
    case dnsTimeout = "DNS_TIMEOUT"

    /// Whether it means something else in many environments. Such a variable counts only beside
    /// one that does not.
    var isCommon: Bool {
        switch self {
        case .port, .debug, .dnsEnabled, .dnsServers, .dnsTimeout: true
        default: false
        }
    }

    /// A variable that is set, and to what.
    struct Given: Sendable, Equatable {
        let variable: PredecessorVariable
        let value: String

        var name: String { variable.rawValue }
    }

    /// Those of `environment` that are set, in a fixed order; none unless one of them is
    /// go-docker-proxy's beyond doubt.
    static func given(in environment: [String: String]) -> [Given] {
        let given = allCases.compactMap { variable in
            environment[variable.rawValue].flatMap { value in
                value.isEmpty ? nil : Given(variable: variable, value: value)
            }
        }
        return given.contains { !$0.variable.isCommon } ? given : []
    }
}

extension PredecessorVariable {
    /// What a value comes to.
    enum Meaning: Sendable, Equatable {
        /// A value for a key outside of `upstreams`.
        case setting(_ path: String, String)
        /// A value for a key of each built-in upstream; `summary` is it in few words.
        case everyUpstream(_ path: String, String, summary: String)
        /// The upstream of bare names, to be added where there is none at that address.
        case target(EndpointURL)
        case unneeded(String)
        case unsupported(String)
    }

    func meaning(of value: String) throws(InvalidValue) -> Meaning {
        switch self {
        case .port: return .setting("listen", "0.0.0.0:\(value)")
        case .customDomain: return .setting("domain", value)
        case .cacheDirectory: return .setting("data_dir", value)
        case .cacheEnabled: return .setting("cache.enabled", "\(try Self.flag(value))")
        case .manifestTTL: return .setting("tags.fresh_for", try GoDuration.parse(value).text)
        case .blobTTL: return .setting("eviction.max_unused", try GoDuration.parse(value).text)
        case .debug:
            return try Self.flag(value)
                ? .setting("log.level", "debug") : .unneeded("log.level is info by default")
        case .followAllRedirects:
            return try Self.flag(value)
                ? .unneeded("Larder follows redirects by default")
                : .everyUpstream("redirects.preset", "predecessor", summary: "predecessor")
        case .blockedHosts: return try Self.followed(value)
        case .targetUpstream: return .target(try Self.url(value))
        case .dnsEnabled, .dnsServers, .dnsTimeout:
            return .unsupported("names are resolved as the system does (resolv.conf)")
        }
    }

    /// As Go's `strconv.ParseBool` has it, in any case, and as Larder's own keys.
    private static func flag(_ text: String) throws(InvalidValue) -> Bool {
        switch text.lowercased() {
        case "true", "t", "1", "yes", "on": return true
        case "false", "f", "0", "no", "off": return false
        default: throw InvalidValue("expected true or false, not \(text.excerpt)")
        }
    }

    /// Hosts that clients cannot reach, by commas: Larder goes there for them.
    private static func followed(_ text: String) throws(InvalidValue) -> Meaning {
        var hosts: [String] = []
        for part in text.split(separator: ",") {
            let name = String(part.filter { $0 != " " })
            guard let host = HostName(name) else {
                throw InvalidValue("expected host names separated by commas, not \(text.excerpt)")
            }
            hosts += [host.text, "*.\(host.text)"].filter { !hosts.contains($0) }
        }
        guard !hosts.isEmpty else { return .unneeded("it names no host") }
        let list = hosts.map { "\"\($0)\"" }.joined(separator: ", ")
        return .everyUpstream(
            "redirects.rules", "[{\"hosts\": [\(list)], \"action\": \"follow\"}]",
            summary: "follow \(hosts.joined(separator: ", "))")
    }

    /// A URL, or a host that is reached by https.
    private static func url(_ text: String) throws(InvalidValue) -> EndpointURL {
        try RegistryURL.parse(text.contains("://") ? text : "https://\(text)")
    }
}
