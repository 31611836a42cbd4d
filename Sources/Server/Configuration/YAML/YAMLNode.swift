/// The tree of a YAML document: what stands where.

/// A place in a text, counted from 1.
struct TextPosition: Sendable, Hashable {
    var line: Int
    var column: Int
}

/// A scalar, a sequence or a mapping, and where it begins.
struct YAMLNode: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// `isPlain` where it was written without quotes.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// One key of a mapping and its value.
    struct Entry: Sendable, Equatable {
        let key: String
        let keyPosition: TextPosition
        let value: YAMLNode
    }

    let content: Content
    let position: TextPosition

    /// Whether nothing was written, or one of YAML's words for nothing (YAML 1.2.2 §10.3.2).
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

/// What is wrong with a text that should be YAML, and where.
struct YAMLProblem: Error, Equatable {
    let message: String
    let position: TextPosition
}
