/// The configuration file's part.
import OCI
import Upstream

extension ConfigurationDraft {
    /// Reads `file`, or the default file if there is one.
    mutating func readFile(_ file: String?) {
        let path = file ?? system.defaultFile
        do throws(FileProblem) {
            let bytes = try system.readFile(path, YAMLDocument.maximumBytes)
            loaded.file = path
            read(bytes, of: path)
        } catch {
            guard file != nil || error != .notFound else { return }
            report("cannot be read: \(error)", key: path)
        }
    }

    private mutating func read(_ bytes: [UInt8], of path: String) {
        do throws(YAMLProblem) {
            guard let root = try YAMLDocument.parse(bytes), !root.isNull else { return }
            guard case .mapping(let entries) = root.content else {
                throw YAMLProblem(
                    message: "expected keys and values, as in `data_dir: /var/lib/larder`",
                    position: root.position)
            }
            read(entries, of: path)
        } catch {
            report(error.message, origin: .file(path, error.position))
        }
    }

    private mutating func read(_ entries: [YAMLNode.Entry], of path: String) {
        let upstreamsKey = ConfigurationSchema.upstreamsKey
        var reader = SettingReader(ConfigurationSchema.settings, otherKeys: [upstreamsKey])
        reader.read(entries.filter { $0.key != upstreamsKey }, into: &loaded.configuration)
        take(reader.findings, reader.given, upstream: nil, of: path)
        for entry in entries where entry.key == upstreamsKey && !entry.value.isNull {
            guard case .mapping(let upstreams) = entry.value.content else {
                report(
                    "expected a mapping of registry names", key: upstreamsKey,
                    origin: .file(path, entry.value.position))
                continue
            }
            for upstream in upstreams { readUpstream(upstream, of: path) }
        }
    }

    private mutating func readUpstream(_ entry: YAMLNode.Entry, of path: String) {
        let origin = ConfigurationOrigin.file(path, entry.keyPosition)
        let key = "\(ConfigurationSchema.upstreamsKey).\(entry.key)"
        guard let name = RegistryHost.name(entry.key), name == entry.key,
            let url = EndpointURL("https://\(name)")
        else {
            // It may be a URL with a password.
            let given = entry.key.contains("@") ? "" : ", not \(entry.key.excerpt)"
            return report(
                "expected a registry's host name in lower case, such as ghcr.io or "
                    + "lab.local:5000\(given)",
                key: ConfigurationSchema.upstreamsKey, origin: origin)
        }
        var upstream =
            loaded.configuration.upstreams[name] ?? UpstreamConfiguration(name: name, url: url)
        var reader = SettingReader(ConfigurationSchema.upstream)
        if case .mapping(let entries) = entry.value.content {
            reader.read(entries, into: &upstream)
        } else if !entry.value.isNull {
            report("expected a mapping", key: key, origin: .file(path, entry.value.position))
        }
        loaded.configuration.upstreams[name] = upstream
        loaded.origins[ConfigurationKey(upstream: name, path: [])] = origin
        take(reader.findings, reader.given, upstream: name, of: path)
    }

    private mutating func take(
        _ findings: [SettingFinding], _ given: [(path: [String], position: TextPosition)],
        upstream: String?, of path: String
    ) {
        for (keyPath, position) in given {
            let key = ConfigurationKey(upstream: upstream, path: keyPath)
            loaded.origins[key] = .file(path, position)
        }
        for finding in findings {
            let key = ConfigurationKey(upstream: upstream, path: finding.path)
            report(
                finding.problem.message, key: key.description,
                origin: .file(path, finding.problem.position))
        }
    }
}
