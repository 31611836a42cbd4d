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

    /// What every text that matches begins with.
    package var literalPrefix: Substring { text.prefix { $0 != "*" && $0 != "?" } }

    package func matches(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        var isReachable = [Bool](repeating: false, count: bytes.count + 1)
        isReachable[0] = true
        for part in parts { isReachable = advance(isReachable, over: part, in: bytes) }
        return isReachable[bytes.count]
    }

    /// The positions in `bytes` that can be reached from the given ones by what `part` stands for.
    private func advance(_ isReachable: [Bool], over part: Part, in bytes: [UInt8]) -> [Bool] {
        let slash = UInt8(ascii: "/")
        let mayBeEmpty = part == .segment || part == .any
        var next = mayBeEmpty ? isReachable : Array(repeating: false, count: isReachable.count)
        for (position, byte) in bytes.enumerated() {
            switch part {
            case .literal(let wanted):
                next[position + 1] = isReachable[position] && byte == wanted
            case .one: next[position + 1] = isReachable[position] && byte != slash
            case .segment: if next[position], byte != slash { next[position + 1] = true }
            case .any: if next[position] { next[position + 1] = true }
            }
        }
        return next
    }
}

extension Glob: CustomStringConvertible {
    package var description: String { text }
}
