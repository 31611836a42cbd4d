/// One key of the configuration: where it is written, what it takes, and when it takes effect.

/// Whether a changed value is taken over by a reload.
enum ReloadEffect: Sendable {
    case live
    case needsRestart
}

/// The problems of one value, each where it is written.
struct InvalidSetting: Error {
    var problems: [YAMLProblem]

    init(_ problems: [YAMLProblem]) {
        self.problems = problems
    }

    init(_ message: String, at position: TextPosition) {
        problems = [YAMLProblem(message: message, position: position)]
    }
}

/// A key below `Root`. Reading, printing, comparing, environment variables and the documented
/// file's completeness all follow from it.
struct Setting<Root: Sendable>: Sendable {
    /// The key's levels, such as `["cache", "max_size"]`.
    let path: [String]
    let effect: ReloadEffect
    /// Whether the value may be a list or a mapping, which is JSON outside of the file.
    let isStructured: Bool
    /// False of a key that is known only to say that it comes with a later version.
    let isSupported: Bool
    let assign: @Sendable (YAMLNode, inout Root) throws(InvalidSetting) -> Void
    /// Nil where nothing is set.
    let render: @Sendable (Root) -> YAMLValue?
    let isEqual: @Sendable (Root, Root) -> Bool
    /// Takes the value of the first root over into the second.
    let copy: @Sendable (Root, inout Root) -> Void
}

extension Setting {
    /// The key `path` (levels joined by dots), kept in `keyPath`.
    init<Value>(
        _ path: String,
        _ keyPath: any WritableKeyPath<Root, Value> & Sendable,
        _ type: SettingType<Value>,
        effect: ReloadEffect = .live
    ) {
        self.init(
            path: path.split(separator: ".").map(String.init),
            effect: effect,
            isStructured: type.isStructured,
            isSupported: true,
            assign: { node, root throws(InvalidSetting) in
                root[keyPath: keyPath] = try type.parse(node)
            },
            render: { root in type.render(root[keyPath: keyPath]) },
            isEqual: { one, other in one[keyPath: keyPath] == other[keyPath: keyPath] },
            copy: { source, target in target[keyPath: keyPath] = source[keyPath: keyPath] })
    }

    /// A key that a later version will have.
    static func unsupported(_ path: String) -> Setting {
        Setting(
            path: path.split(separator: ".").map(String.init),
            effect: .live,
            isStructured: true,
            isSupported: false,
            assign: { node, _ throws(InvalidSetting) in
                throw InvalidSetting("not supported by this version", at: node.position)
            },
            render: { _ in nil },
            isEqual: { _, _ in true },
            copy: { _, _ in })
    }
}

extension Sequence {
    /// A mapping of what is set of a list's item.
    func rendered<Root>(_ root: Root) -> YAMLValue where Element == Setting<Root> {
        .mapping(
            compactMap { setting in
                setting.render(root).map { .init(key: setting.path[0], value: $0) }
            })
    }

    /// Whether a setting stands below `path`.
    func hasSettings<Root>(below path: [String]) -> Bool where Element == Setting<Root> {
        contains { $0.path.count > path.count && $0.path.starts(with: path) }
    }
}
