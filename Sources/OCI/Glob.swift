// Glob: a pattern for names.

/// `*` stands for any characters but `/`, `**` for any characters, `?` for one character but `/`;
/// everything else for itself. Matching takes time in proportion to pattern × text at most.
package struct Glob: Hashable, Sendable {
    private enum Part: Hashable {
        case literal(UInt8)
        case one
        case segment
        case any
    }

    private let text: String
    private let parts: [Part]

    package init(_ text: some StringProtocol) {
        self.text = String(text)
        var parts: [Part] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "*") where parts.last == .segment: parts[parts.count - 1] = .any
            case UInt8(ascii: "*") where parts.last == .any: break
            case UInt8(ascii: "*"): parts.append(.segment)
            case UInt8(ascii: "?"): parts.append(.one)
            default: parts.append(.literal(byte))
            }
        }
        self.parts = parts
    }

    package func matches(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        var reachable = Set([0])
        for part in parts {
            reachable = advance(reachable, over: part, in: bytes)
            if reachable.isEmpty { return false }
        }
        return reachable.contains(bytes.count)
    }

    /// The positions in `bytes` that can be reached from `positions` by what `part` stands for.
    private func advance(_ positions: Set<Int>, over part: Part, in bytes: [UInt8]) -> Set<Int> {
        var next: Set<Int> = []
        for position in positions {
            switch part {
            case .literal(let byte):
                if position < bytes.count, bytes[position] == byte { next.insert(position + 1) }
            case .one:
                if position < bytes.count, bytes[position] != UInt8(ascii: "/") {
                    next.insert(position + 1)
                }
            case .segment, .any:
                var end = position
                next.insert(end)
                while end < bytes.count, part == .any || bytes[end] != UInt8(ascii: "/") {
                    end += 1
                    next.insert(end)
                }
            }
        }
        return next
    }
}

extension Glob: CustomStringConvertible {
    package var description: String { text }
}
