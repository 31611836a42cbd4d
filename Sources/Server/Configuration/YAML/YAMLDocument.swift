/// Reads one YAML document into a tree, strictly.
import OCI

/// The part of YAML that a configuration needs: one document of mappings, sequences and scalars.
/// Anchors, aliases, tags, duplicate keys and keys that are not scalars are refused.
enum YAMLDocument {
    /// Largest text read, in bytes.
    static let maximumBytes = 1024 * 1024
    /// Deepest nesting read.
    static let maximumDepth = 16

    /// The document's root, nil where there is nothing but white space and comments.
    static func parse(_ bytes: [UInt8]) throws(YAMLProblem) -> YAMLNode? {
        guard bytes.count <= maximumBytes else {
            throw YAMLProblem(
                message: "longer than \(ByteCount(Int64(maximumBytes)))",
                position: TextPosition(line: 1, column: 1))
        }
        var composer = try YAMLComposer(bytes)
        return try composer.document()
    }

    static func parse(_ text: String) throws(YAMLProblem) -> YAMLNode? {
        try parse(Array(text.utf8))
    }
}

private struct YAMLComposer: ~Copyable {
    private var events: YAMLEventReader

    init(_ bytes: [UInt8]) throws(YAMLProblem) {
        events = try YAMLEventReader(bytes)
    }

    mutating func document() throws(YAMLProblem) -> YAMLNode? {
        _ = try events.next()  // the stream's start
        guard try events.next().kind == .documentStart else { return nil }
        let root = try node(events.next(), depth: 1)
        _ = try events.next()  // the document's end
        let end = try events.next()
        guard end.kind == .streamEnd else {
            throw YAMLProblem(message: "a second document begins", position: end.position)
        }
        return root
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLProblem) -> YAMLNode {
        guard !event.isDecorated, event.kind != .alias else {
            throw YAMLProblem(
                message: "anchors, aliases and tags are not supported", position: event.position)
        }
        guard depth <= YAMLDocument.maximumDepth else {
            throw YAMLProblem(message: "nested too deeply", position: event.position)
        }
        let content: YAMLNode.Content =
            switch event.kind {
            case .scalar(let text, let isPlain): .scalar(text, isPlain: isPlain)
            case .sequenceStart: .sequence(try items(depth: depth))
            case .mappingStart: .mapping(try entries(depth: depth))
            default: throw YAMLProblem(message: "not a value", position: event.position)
            }
        return YAMLNode(content: content, position: event.position)
    }

    private mutating func items(depth: Int) throws(YAMLProblem) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try events.next()
            guard event.kind != .sequenceEnd else { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func entries(depth: Int) throws(YAMLProblem) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            guard event.kind != .mappingEnd else { return entries }
            let key = try key(event)
            if let line = lines.updateValue(event.position.line, forKey: key) {
                throw YAMLProblem(
                    message: "the key \(key.excerpt) is here a second time; first on line \(line)",
                    position: event.position)
            }
            let value = try node(events.next(), depth: depth + 1)
            entries.append(.init(key: key, keyPosition: event.position, value: value))
        }
    }

    private func key(_ event: YAMLEvent) throws(YAMLProblem) -> String {
        guard case .scalar(let key, _) = event.kind, !event.isDecorated else {
            throw YAMLProblem(message: "a key must be a plain word", position: event.position)
        }
        return key
    }
}
