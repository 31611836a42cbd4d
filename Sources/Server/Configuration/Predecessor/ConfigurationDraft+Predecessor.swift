/// The part of go-docker-proxy's environment: below the file and Larder's own variables.
import Upstream

/// A variable on its way into a configuration.
struct InheritedAssignment: Sendable {
    let variable: InheritedVariable
    /// What it assigned.
    let keys: [ConfigurationKey]
}

extension ConfigurationDraft {
    /// Assigns what the variables mean. To be called before any other source is read.
    mutating func apply(predecessor variables: [PredecessorVariable.Given]) {
        for given in variables {
            do throws(InvalidValue) {
                apply(try given.variable.meaning(of: given.value), of: given.name, given.value)
            } catch {
                report(error.message, origin: .environment(given.name))
            }
        }
    }

    private mutating func apply(
        _ meaning: PredecessorVariable.Meaning, of name: String, _ value: String
    ) {
        switch meaning {
        case .setting(let path, let text):
            let key = ConfigurationKey(path: path.split(separator: ".").map(String.init))
            assign(text, to: key, origin: .environment(name))
            inherit(name, value, .taken("\(path): \(text)"), [key])
        case .everyUpstream(let path, let text, let summary):
            let keys = loaded.configuration.upstreams.keys.map { upstream in
                ConfigurationKey(
                    upstream: upstream, path: path.split(separator: ".").map(String.init))
            }
            for key in keys { assign(text, to: key, origin: .environment(name)) }
            inherit(name, value, .taken("upstreams.*.\(path): \(summary)"), keys)
        case .target(let url): applyTarget(url, name, value)
        case .unneeded(let reason): inherit(name, value, .unneeded(reason), [])
        case .unsupported(let reason): inherit(name, value, .unsupported(reason), [])
        }
    }

    /// A built-in upstream by its name or address, else a new one.
    private mutating func applyTarget(_ url: EndpointURL, _ name: String, _ value: String) {
        let origin = ConfigurationOrigin.environment(name)
        let key = ConfigurationKey(path: ["default_upstream"])
        let host = Self.registryName(of: url.origin)
        let configuration = loaded.configuration
        let known =
            url.path.isEmpty
            ? configuration.upstreamNames[host]
                ?? configuration.upstreams.values.first { $0.url == url }?.name : nil
        if let known {
            assign(known, to: key, origin: origin)
            return inherit(name, value, .taken("default_upstream: \(known)"), [key])
        }
        guard let upstream = RegistryHost.name(host) else {
            return report("expected a registry's host name or URL", origin: origin)
        }
        var added = UpstreamConfiguration(name: upstream, url: url)
        added.allowHTTP = !url.origin.isTLS
        loaded.configuration.upstreams[upstream] = added
        for path in [[], ["url"], ["allow_http"]] {
            loaded.origins[ConfigurationKey(upstream: upstream, path: path)] = origin
        }
        assign(upstream, to: key, origin: origin)
        inherit(
            name, value,
            .taken("default_upstream: \(upstream), upstreams.\(upstream).url: \(url)"), [key])
    }

    private static func registryName(of origin: EndpointURL.Origin) -> String {
        origin.port == (origin.isTLS ? 443 : 80) ? origin.host : "\(origin.host):\(origin.port)"
    }

    private mutating func inherit(
        _ name: String, _ value: String, _ outcome: InheritedVariable.Outcome,
        _ keys: [ConfigurationKey]
    ) {
        let variable = InheritedVariable(name: name, value: value, outcome: outcome)
        inherited.append(InheritedAssignment(variable: variable, keys: keys))
    }

    /// Whether Larder's own file or variables say anything.
    var isConfiguredItself: Bool {
        let prefix = ConfigurationKey.environmentPrefix
        return loaded.file != nil
            || loaded.origins.values.contains { origin in
                if case .environment(let name) = origin { name.hasPrefix(prefix) } else { false }
            }
    }

    /// Whether a problem is told of this variable.
    func blames(_ given: PredecessorVariable.Given) -> Bool {
        problems.contains { $0.origin == .environment(given.name) }
    }

    /// The configuration with what became of the variables, now that all sources are read.
    ///
    /// - Parameters:
    ///   - variables: all that were given; those that were not assigned are told as refused.
    ///   - problems: what was wrong with them.
    func loadedWithInheritance(
        without variables: [PredecessorVariable.Given] = [],
        for problems: [ConfigurationProblem] = []
    ) -> LoadedConfiguration {
        var loaded = loaded
        loaded.inherited = inherited.map { $0.outcome(by: loaded.origins) }
        for given in variables where !inherited.contains(where: { $0.variable.name == given.name })
        {
            let own = problems.filter { $0.origin == .environment(given.name) }
            let reasons = (own.isEmpty ? problems : own).map(\.message)
            loaded.inherited.append(
                InheritedVariable(
                    name: given.name, value: given.value,
                    outcome: .refused(reasons.joined(separator: "; "))))
        }
        return loaded
    }
}

extension InheritedAssignment {
    /// What became of it: overridden where another source gave all of its keys.
    fileprivate func outcome(
        by origins: [ConfigurationKey: ConfigurationOrigin]
    ) -> InheritedVariable {
        let others = keys.compactMap { key in
            origins[key].flatMap { $0 == .environment(variable.name) ? nil : (key, $0) }
        }
        guard let (key, origin) = others.first, others.count == keys.count else { return variable }
        var overridden = variable
        overridden.outcome = .overridden(key: key.description, by: origin)
        return overridden
    }
}
