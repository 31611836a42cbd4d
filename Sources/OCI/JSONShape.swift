// JSONShape: bounds on foreign JSON, checked before it is decoded.

import FoundationEssentials

/// One pass over the bytes of a JSON object, without recursion, that refuses what a decoder should
/// not be given: too deep a nesting (R46), or two equal keys in one object, of which decoders
/// keep different ones (R10). It does not check the syntax; the decoder does.
package struct JSONShape: ~Copyable {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    private var open: [Container] = []

    private struct Container {
        let isObject: Bool
        var expectsKey: Bool
        var keys: Set<String> = []
    }

    /// Why the bytes are refused.
    private struct Problem: Error {
        let reason: String
    }

    /// - Throws: `MANIFEST_INVALID`, saying what is wrong with the bytes.
    static func check(_ bytes: [UInt8], maximumDepth: Int) throws(RegistryError) {
        if let problem = problem(in: bytes, maximumDepth: maximumDepth) {
            throw RegistryError(.manifestInvalid, "manifest \(problem)")
        }
    }

    /// What is wrong with the bytes, as it follows their name in a message; nil where nothing is.
    package static func problem(in bytes: [UInt8], maximumDepth: Int) -> String? {
        var shape = JSONShape(bytes: bytes, maximumDepth: maximumDepth)
        do throws(Problem) {
            try shape.scan()
            return nil
        } catch {
            return error.reason
        }
    }

    private init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    private mutating func scan() throws(Problem) {
        let blanks = Array(" \t\r\n".utf8)
        guard bytes.first(where: { !blanks.contains($0) }) == UInt8(ascii: "{") else {
            throw Problem(reason: "is not a JSON object in UTF-8")
        }
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"): try push(isObject: true)
            case UInt8(ascii: "["): try push(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","): expectKey(open.last?.isObject == true)
            case UInt8(ascii: ":"): expectKey(false)
            case UInt8(ascii: "\""): try readString()
            case 0: throw Problem(reason: "is not a JSON object in UTF-8")
            default: break
            }
            position += 1
        }
    }

    private mutating func push(isObject: Bool) throws(Problem) {
        guard open.count < maximumDepth else {
            throw Problem(reason: "is nested more than \(maximumDepth) levels deep")
        }
        open.append(Container(isObject: isObject, expectsKey: isObject))
    }

    private mutating func expectKey(_ expected: Bool) {
        guard !open.isEmpty else { return }
        open[open.count - 1].expectsKey = expected
    }

    /// Moves to the closing quote, noting the string if it is a key.
    private mutating func readString() throws(Problem) {
        let start = position
        var hasEscapes = false
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            let isEscape = bytes[position] == UInt8(ascii: "\\")
            hasEscapes = hasEscapes || isEscape
            position += isEscape ? 2 : 1
        }
        guard position < bytes.count else { throw Problem(reason: "ends within a string") }
        guard open.last?.expectsKey == true else { return }
        let key = try Self.key(quoted: bytes[start...position], hasEscapes: hasEscapes)
        guard open[open.count - 1].keys.insert(key).inserted else {
            throw Problem(reason: "has the key \(key.excerpt) twice in one object")
        }
    }

    private static func key(
        quoted: ArraySlice<UInt8>, hasEscapes: Bool
    ) throws(Problem) -> String {
        guard hasEscapes else {
            return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        guard let key = try? JSONDecoder().decode(String.self, from: Data(quoted)) else {
            throw Problem(reason: "has a key that is not a JSON string")
        }
        return key
    }
}
