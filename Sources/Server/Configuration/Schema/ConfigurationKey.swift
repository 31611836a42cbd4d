/// The name of one configured value, in the file and in the environment.

/// A key of the schema, and the upstream it is about if it is below `upstreams`.
struct ConfigurationKey: Sendable, Hashable {
    var upstream: String?
    /// The key's levels below the root or the upstream.
    var path: [String]

    /// Every key that an environment variable or a flag can set, for the given upstreams.
    static func all(upstreams: some Sequence<String>) -> [ConfigurationKey] {
        let settings = ConfigurationSchema.settings.map { ConfigurationKey(path: $0.path) }
        let below = upstreams.flatMap { name in
            ConfigurationSchema.upstream.map { ConfigurationKey(upstream: name, path: $0.path) }
        }
        return settings + below
    }

    /// `LARDER_`, then the levels in upper case joined by `__`, with `_` for whatever is neither a
    /// letter nor a digit.
    var environmentName: String {
        let levels = upstream.map { [ConfigurationSchema.upstreamsKey, $0] } ?? []
        return Self.environmentPrefix
            + (levels + path).map(Self.environmentLevel).joined(separator: "__")
    }

    static let environmentPrefix = "LARDER_"

    private static func environmentLevel(_ name: String) -> String {
        let scalars = name.uppercased().unicodeScalars.map { scalar in
            ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) ? scalar : "_"
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension ConfigurationKey: CustomStringConvertible {
    /// As in an error message or a flag: `cache.max_size`, `upstreams.docker.io.url`.
    var description: String {
        let levels = upstream.map { [ConfigurationSchema.upstreamsKey, $0] } ?? []
        return (levels + path).joined(separator: ".")
    }
}
