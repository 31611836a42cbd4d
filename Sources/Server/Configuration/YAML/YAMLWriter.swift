/// Writes YAML that reads back as it was.

/// What is to be written.
indirect enum YAMLValue: Sendable, Equatable {
    /// Text that needs no quotes: a number, a size, a word of Larder's own.
    case word(String)
    /// Any text, quoted where YAML would read something else.
    case text(String)
    case sequence([YAMLValue])
    case mapping([Entry])

    struct Entry: Sendable, Equatable {
        let key: String
        let value: YAMLValue
        /// Written behind a value that fits on the key's line.
        var comment: String?
    }
}

enum YAMLWriter {
    /// `entries` as the lines of a block mapping, in their order; the last has no line break.
    static func text(_ entries: [YAMLValue.Entry]) -> String {
        lines(entries).joined(separator: "\n")
    }

    private static func lines(_ entries: [YAMLValue.Entry]) -> [String] {
        entries.flatMap { entry in
            let key = scalar(entry.key) + ":"
            let block = block(entry.value)
            guard block.isEmpty else { return [key] + block.map { "  " + $0 } }
            let comment = entry.comment.map { "  # \($0)" } ?? ""
            return ["\(key) \(inline(entry.value))\(comment)"]
        }
    }

    /// The lines of a value that needs lines of its own; none where it fits behind its key.
    private static func block(_ value: YAMLValue) -> [String] {
        switch value {
        case .word, .text: []
        case .mapping(let entries): lines(entries)
        case .sequence(let items):
            items.contains { if case .mapping = $0 { true } else { false } }
                ? items.flatMap(item) : []
        }
    }

    private static func item(_ value: YAMLValue) -> [String] {
        let block = block(value)
        guard let first = block.first else { return ["- \(inline(value))"] }
        return ["- \(first)"] + block.dropFirst().map { "  " + $0 }
    }

    private static func inline(_ value: YAMLValue) -> String {
        switch value {
        case .word(let word): word
        case .text(let text): scalar(text)
        case .sequence(let items): "[\(items.map(inline).joined(separator: ", "))]"
        case .mapping: "{}"
        }
    }

    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : quoted(text)
    }

    /// Whether every YAML parser reads `text` without quotes as this string.
    private static func isPlain(_ text: String) -> Bool {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.utf8.first, first.isLetter || "/.".utf8.contains(first),
            text.utf8.last != UInt8(ascii: ":"), !words.contains(text.lowercased())
        else { return false }
        return text != "."
            && text.utf8.allSatisfy { byte in
                byte.isLetter || byte.isDigit || "/.:_-@+".utf8.contains(byte)
            }
    }

    /// YAML 1.2.2 §7.3.1, double-quoted style.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\n": "\\n"
            case "\t": "\\t"
            case "\u{0}"..<" ", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}", "\u{feff}":
                "\\u" + hex(scalar.value)
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
    fileprivate var isDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
