/// The part of the environment's variables and of the flags.

extension ConfigurationDraft {
    /// Assigns every `LARDER_` variable, in the order of their names.
    mutating func apply(environment: [String: String]) {
        let keys = environmentKeys()
        let prefix = ConfigurationKey.environmentPrefix
        let given = environment.filter { $0.key.hasPrefix(prefix) && !$0.value.isEmpty }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            if let key = keys[name] {
                assign(value, to: key, origin: .environment(name))
            } else if !ForeignVariable.matches(name, value) {
                reportUnknown(variable: name, among: keys.keys)
            }
        }
    }

    /// Every variable's key. Two upstreams that would share a variable are reported.
    private mutating func environmentKeys() -> [String: ConfigurationKey] {
        let upstreams = loaded.configuration.upstreams.keys.sorted()
        var keys: [String: ConfigurationKey] = [:]
        var reported: Set<[String?]> = []
        for key in ConfigurationKey.all(upstreams: upstreams) {
            guard let other = keys.updateValue(key, forKey: key.environmentName),
                reported.insert([other.upstream, key.upstream]).inserted
            else { continue }
            report(
                "its environment variables have the same names as those of "
                    + "\(other.upstream ?? "another key"), such as \(key.environmentName)",
                ConfigurationKey(upstream: key.upstream, path: []))
        }
        return keys
    }

    private mutating func reportUnknown(
        variable name: String, among names: some Sequence<String>
    ) {
        let prefix = ConfigurationKey.environmentPrefix
        let nearest = String(name.dropFirst(prefix.count))
            .nearest(among: names.map { String($0.dropFirst(prefix.count)) })
        let isUpstream = name.hasPrefix("\(prefix)UPSTREAMS__")
        let hint =
            nearest.map { "; did you mean \(prefix)\($0)?" }
            ?? (isUpstream
                ? "; a variable can change an upstream that is built in or in the file, "
                    + "not add one" : "")
        report("unknown setting\(hint)", origin: .environment(name))
    }

    /// Assigns what was given on the command line, in its order.
    mutating func apply(overrides: [ConfigurationOverride]) {
        let all = ConfigurationKey.all(upstreams: loaded.configuration.upstreams.keys.sorted())
        for override in overrides {
            if let key = all.first(where: { $0.description == override.key }) {
                assign(override.value, to: key, origin: .flag(override.flag))
            } else {
                let nearest = override.key.nearest(among: all.map(\.description))
                let hint = nearest.map { "; did you mean \($0)?" } ?? ""
                report("unknown key\(hint)", key: override.key, origin: .flag(override.flag))
            }
        }
    }
}

/// Variables that begin with `LARDER_` and are not settings.
private enum ForeignVariable {
    /// `LARDER_STRICT` is the build's, two more are the commands' that ask a server. The rest is what Kubernetes sets in every container for a
    /// service called `larder` or `larder-…` (kubernetes.io, "Service", "Environment variables"):
    /// `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_SERVICE_PORT_<NAME>`, `…_PORT` with a URL,
    /// `…_PORT_<N>_TCP`, `…_PORT_<N>_TCP_ADDR` and so on.
    static func matches(_ name: String, _ value: String) -> Bool {
        guard !others.contains(name) else { return true }
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        guard !words.contains("") else { return false }
        if words.contains("SERVICE") { return words.contains("HOST") || words.contains("PORT") }
        if words.last == "PORT", value.contains("://") { return true }
        guard let port = words.lastIndex(of: "PORT"), words.count > port + 2 else {
            return words.last == "PORT" && words.contains { protocols.contains($0) }
        }
        return UInt16(words[port + 1]) != nil && protocols.contains(words[port + 2])
    }

    private static let others: Set = [
        "LARDER_STRICT", ClientOptions.serverVariable, AdminCredential.variable,
    ]
    private static let protocols: Set<Substring> = ["TCP", "UDP", "SCTP"]
}
