/// Reads a mapping of the file by a list of settings.
import OCI

/// What is wrong with the value of a key.
struct SettingFinding {
    let path: [String]
    let problem: YAMLProblem
}

/// Collects what is wrong, and which settings were given, on the way through a mapping.
struct SettingReader<Root: Sendable> {
    let settings: [Setting<Root>]
    /// Names beside the settings, for the hint about a misspelt one.
    private let otherKeys: [String]
    private(set) var findings: [SettingFinding] = []
    private(set) var given: [(path: [String], position: TextPosition)] = []

    init(_ settings: [Setting<Root>], otherKeys: [String] = []) {
        self.settings = settings
        self.otherKeys = otherKeys
    }

    /// Reads a mapping that is the value of a single setting.
    static func read(
        _ entries: [YAMLNode.Entry], _ settings: [Setting<Root>], into root: inout Root
    ) throws(InvalidSetting) {
        var reader = SettingReader(settings)
        reader.read(entries, into: &root)
        guard reader.findings.isEmpty else {
            throw InvalidSetting(
                reader.findings.map { finding in
                    let key = finding.path.joined(separator: ".").shownAsKey
                    return YAMLProblem(
                        message: "\(key): \(finding.problem.message)",
                        position: finding.problem.position)
                })
        }
    }

    /// Assigns every entry to its setting. An entry without a value leaves the default.
    mutating func read(
        _ entries: [YAMLNode.Entry], into root: inout Root, below prefix: [String] = []
    ) {
        let conflicts = conflicts(in: entries, below: prefix)
        for entry in entries where !conflicts.contains(entry.key) {
            let path = prefix + [entry.key]
            let setting = settings.first { $0.path == path }
            let hasChildren = settings.hasSettings(below: path)
            switch entry.value.content {
            case .mapping(let children) where hasChildren:
                read(children, into: &root, below: path)
            case _ where setting == nil && !hasChildren:
                reportUnknown(entry, below: prefix)
            case _ where entry.value.isNull:
                break
            default:
                assign(entry, to: setting, at: path, into: &root)
            }
        }
    }

    private mutating func assign(
        _ entry: YAMLNode.Entry, to setting: Setting<Root>?, at path: [String],
        into root: inout Root
    ) {
        guard let setting else {
            let names = Self.names(in: settings, below: path).joined(separator: ", ")
            return report("expected a mapping with \(names)", path, at: entry.value.position)
        }
        do throws(InvalidSetting) {
            try setting.assign(entry.value, &root)
            given.append((path, entry.keyPosition))
        } catch {
            findings += error.problems.map { SettingFinding(path: path, problem: $0) }
        }
    }

    /// The second key of each pair that excludes each other, having reported it.
    private mutating func conflicts(
        in entries: [YAMLNode.Entry], below prefix: [String]
    ) -> Set<String> {
        var conflicts: Set<String> = []
        for (one, other) in ConfigurationSchema.alternatives {
            guard entries.contains(where: { $0.key == one }),
                let second = entries.first(where: { $0.key == other })
            else { continue }
            conflicts.insert(other)
            report(
                "\(one) and \(other) exclude each other", prefix + [other], at: second.keyPosition)
        }
        return conflicts
    }

    private mutating func reportUnknown(_ entry: YAMLNode.Entry, below prefix: [String]) {
        let names = Self.names(in: settings, below: prefix) + (prefix.isEmpty ? otherKeys : [])
        let elsewhere = settings.first { $0.path.last == entry.key }?.path.joined(separator: ".")
        let hint =
            entry.key.nearest(among: names).map { "; did you mean \($0)?" }
            ?? elsewhere.map { "; did you mean \($0)?" }
            ?? "; known here: \(names.joined(separator: ", "))"
        report(
            "unknown key \(entry.key.excerpt)\(hint)", prefix + [entry.key],
            at: entry.keyPosition)
    }

    private mutating func report(_ message: String, _ path: [String], at position: TextPosition) {
        findings.append(
            SettingFinding(path: path, problem: YAMLProblem(message: message, position: position)))
    }

    /// The keys that may stand below `prefix`, in the order of the schema.
    private static func names(in settings: [Setting<Root>], below prefix: [String]) -> [String] {
        var names: [String] = []
        for setting in settings where setting.path.count > prefix.count {
            let name = setting.path[prefix.count]
            guard setting.path.starts(with: prefix), !names.contains(name) else { continue }
            names.append(name)
        }
        return names
    }
}
