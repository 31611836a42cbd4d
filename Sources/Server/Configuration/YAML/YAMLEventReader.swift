/// libyaml's parser, one event at a time.
import CYAML

/// What libyaml found next, and where.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart, streamEnd
        case documentStart, documentEnd
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
        case scalar(String, isPlain: Bool)
        case alias
    }

    let kind: Kind
    /// Whether it carries an `&anchor` or a `!tag`.
    let isDecorated: Bool
    let position: TextPosition
}

/// Owns one `yaml_parser_t` and the bytes it reads.
struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLProblem) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLProblem(
                message: "no memory to parse it", position: TextPosition(line: 1, column: 1))
        }
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        self.parser = parser
        self.input = input
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event. There is none after ``YAMLEvent/Kind/streamEnd`` or an error.
    mutating func next() throws(YAMLProblem) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let (kind, isDecorated) = Self.meaning(of: event)
        return YAMLEvent(
            kind: kind, isDecorated: isDecorated, position: TextPosition(event.start_mark))
    }

    private static func meaning(of event: yaml_event_t) -> (YAMLEvent.Kind, isDecorated: Bool) {
        switch event.type {
        case YAML_STREAM_START_EVENT: return (.streamStart, false)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, false)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, false)
        case YAML_ALIAS_EVENT: return (.alias, false)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, false)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, false)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return (.sequenceStart, start.anchor != nil || start.tag != nil)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return (.mappingStart, start.anchor != nil || start.tag != nil)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return (
                .scalar(
                    String(decoding: bytes, as: UTF8.self),
                    isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                scalar.anchor != nil || scalar.tag != nil
            )
        default: return (.streamEnd, false)
        }
    }

    private func problem() -> YAMLProblem {
        let state = parser.pointee
        let message = state.problem.map { String(cString: $0) } ?? "not YAML"
        guard state.error != YAML_READER_ERROR else {
            return YAMLProblem(message: message, position: position(atByte: state.problem_offset))
        }
        let position = TextPosition(state.problem_mark)
        if hasTabIndent(beforeByte: state.problem_mark.index) {
            return YAMLProblem(message: "a tab cannot indent YAML; use spaces", position: position)
        }
        guard let context = state.context else {
            return YAMLProblem(message: message, position: position)
        }
        return YAMLProblem(message: "\(message) \(String(cString: context))", position: position)
    }

    /// Where a byte is; for bytes that are no characters, which libyaml knows no line of.
    private func position(atByte offset: Int) -> TextPosition {
        let before = input.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        return TextPosition(line: line, column: offset - lineStart + 1)
    }

    /// Whether the white space that begins the line of `offset`, or stands at it, holds a tab.
    private func hasTabIndent(beforeByte offset: Int) -> Bool {
        let before = input.prefix(offset)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let indent = input[start...].prefix {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t")
        }
        return indent.contains(UInt8(ascii: "\t"))
    }
}

extension TextPosition {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
