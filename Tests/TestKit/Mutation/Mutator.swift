// Hostile texts made out of good ones, the same for the same seed.

/// Takes one of a corpus and changes it in a few places: bytes, and tokens of its grammar.
package struct Mutator {
    /// Longest text made, so that a round stays short.
    private static let maximumBytes = 8 * 1024

    private let corpus: [[UInt8]]
    private let tokens: [[UInt8]]
    private var random: SeededGenerator

    /// - Parameters:
    ///   - corpus: good texts, and known bad ones; not empty.
    ///   - tokens: what means something in their grammar; put in, taken twice, repeated.
    package init(corpus: [String], tokens: [String], seed: UInt64) {
        self.corpus = corpus.map { Array($0.utf8) }
        self.tokens = (tokens + Self.everywhere).map { Array($0.utf8) }
        random = SeededGenerator(seed: seed)
    }

    package mutating func next() -> [UInt8] {
        var text = any(of: corpus)
        for _ in 0..<Int.random(in: 0...4, using: &random) { change(&text) }
        return Array(text.prefix(Self.maximumBytes))
    }

    /// What breaks parsers of most grammars.
    private static let everywhere = [
        "", "\0", "\r\n", "\n", "\t", " ", "%2e", "%2f", "%00", "..", "/", "//", "\\", "\"", "'",
        "-1", "0", "00", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "1e999", "\u{fffd}", "\u{301}", "\u{17f}", "\u{202e}", "\u{feff}", "ß", "😀",
    ]

    private mutating func change(_ text: inout [UInt8]) {
        let place = place(in: text)
        switch Int.random(in: 0..<9, using: &random) {
        case 0 where !text.isEmpty:
            text[place.lowerBound % text.count] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: text.insert(UInt8.random(in: 0...255, using: &random), at: place.lowerBound)
        case 2: text.removeSubrange(place)
        case 3: text.insert(contentsOf: text[place], at: place.upperBound)
        case 4: text.replaceSubrange(place, with: any(of: tokens))
        case 5: text.insert(contentsOf: any(of: tokens), at: place.lowerBound)
        case 6: text.insert(contentsOf: repeated(any(of: tokens)), at: place.lowerBound)
        case 7: text.replaceSubrange(place.lowerBound..., with: other(from: place.lowerBound))
        default: text.removeSubrange(place.lowerBound...)
        }
    }

    /// Short more often than long.
    private mutating func place(in text: [UInt8]) -> Range<Int> {
        let start = Int.random(in: 0...text.count, using: &random)
        let longest = Bool.random(using: &random) ? 4 : text.count
        let length = Int.random(in: 0...min(longest, text.count - start), using: &random)
        return start..<start + length
    }

    /// The end of another text.
    private mutating func other(from start: Int) -> ArraySlice<UInt8> {
        any(of: corpus).dropFirst(start)
    }

    private mutating func repeated(_ token: [UInt8]) -> [UInt8] {
        let count = [2, 17, 65, 300].randomElement(using: &random) ?? 2
        return Array(repeatElement(token, count: count).joined().prefix(Self.maximumBytes))
    }

    private mutating func any(of texts: [[UInt8]]) -> [UInt8] {
        texts.randomElement(using: &random) ?? []
    }
}
