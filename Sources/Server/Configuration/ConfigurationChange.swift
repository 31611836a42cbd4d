/// What a reload changes, and what of it must wait for a restart.

/// The difference between two configurations, by keys; values are not told.
struct ConfigurationChange: Sendable, Equatable {
    /// Keys that take effect at once, such as `tags.fresh_for`.
    var live: [String] = []
    /// Keys that take effect at the next start, such as `listen`.
    var needsRestart: [String] = []

    var isEmpty: Bool { live.isEmpty && needsRestart.isEmpty }

    static func between(_ old: Configuration, _ new: Configuration) -> ConfigurationChange {
        var change = ConfigurationChange()
        for setting in ConfigurationSchema.settings where !setting.isEqual(old, new) {
            change.add(ConfigurationKey(path: setting.path), setting.effect)
        }
        for name in Set(old.upstreams.keys).union(new.upstreams.keys).sorted() {
            guard let before = old.upstreams[name], let after = new.upstreams[name] else {
                change.add(ConfigurationKey(upstream: name, path: []), .live)
                continue
            }
            for setting in ConfigurationSchema.upstream where !setting.isEqual(before, after) {
                change.add(
                    ConfigurationKey(upstream: name, path: setting.path), setting.effect)
            }
        }
        return change
    }

    private mutating func add(_ key: ConfigurationKey, _ effect: ReloadEffect) {
        switch effect {
        case .live: live.append(key.description)
        case .needsRestart: needsRestart.append(key.description)
        }
    }
}

extension Configuration {
    /// This configuration as a process that started with `running` can take it over: with the
    /// values of `running` where a restart is needed, so that they count as changed next time too.
    func reloaded(into running: Configuration) -> Configuration {
        var result = self
        for setting in ConfigurationSchema.settings where setting.effect == .needsRestart {
            setting.copy(running, &result)
        }
        return result
    }
}
