/// Query strings as RFC 3986 writes them.

package enum PercentEncoding {
    /// Everything but RFC 3986's unreserved characters encoded.
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// `name=value` pairs joined by `&`; nil where there is none.
    package static func query(_ items: [(name: String, value: String)]) -> String? {
        guard !items.isEmpty else { return nil }
        return items.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }

    /// The decoded value of `name` in a query, the first where it is repeated.
    package static func value(of name: String, in query: String) -> String? {
        items(in: query).first { $0.name == name }?.value
    }

    /// The decoded pairs of a query in their order; what is no pair is left out.
    package static func items(in query: String) -> [(name: String, value: String)] {
        query.split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decode(parts[0]), let value = decode(parts[1])
            else { return nil }
            return (name, value)
        }
    }

    /// `+` is a blank, as in forms; nil where the text is not UTF-8 or ends within an escape.
    package static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy(isHexDigit),
                    let value = UInt8(String(digits) ?? "", radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        Character(UnicodeScalar(byte)).isHexDigit
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
