// RangeHeader: which bytes a client asks for.

/// A `Range` header in bytes (RFC 9110 §14.2).
package struct RangeHeader: Hashable, Sendable {
    /// More ranges than this are not worth an answer in parts (RFC 9110 §17.15).
    package static let maximumSpecs = 64

    package enum Spec: Hashable, Sendable {
        /// `500-`: from an offset to the end.
        case from(Int64)
        /// `0-499`: both ends included.
        case fromTo(first: Int64, last: Int64)
        /// `-500`: the last so many bytes.
        case suffix(Int64)
    }

    /// Never empty, in the client's order.
    package let specs: [Spec]

    /// Nil for another unit, for a malformed list and for more than `maximumSpecs` ranges: such a
    /// header is to be ignored, and the whole sent.
    package init?(_ header: String) {
        let halves = header[...].trimmingBlanks.split(atASCII: "=")
        guard halves.count == 2, halves[0].lowercased() == "bytes" else { return nil }
        var specs: [Spec] = []
        for member in halves[1].split(atASCII: ",").map(\.trimmingBlanks) where !member.isEmpty {
            guard specs.count < Self.maximumSpecs, let spec = Spec(member) else { return nil }
            specs.append(spec)
        }
        guard !specs.isEmpty else { return nil }
        self.specs = specs
    }
}

extension RangeHeader.Spec {
    fileprivate init?(_ text: Substring) {
        let ends = text.split(atASCII: "-")
        guard ends.count == 2 else { return nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true):
            return nil
        case (true, false):
            guard let length = Int64(saturatingDigits: ends[1]) else { return nil }
            self = .suffix(length)
        case (false, true):
            guard let first = Int64(saturatingDigits: ends[0]) else { return nil }
            self = .from(first)
        case (false, false):
            guard let first = Int64(saturatingDigits: ends[0]),
                let last = Int64(saturatingDigits: ends[1]), first <= last
            else { return nil }
            self = .fromTo(first: first, last: last)
        }
    }
}

extension Int64 {
    /// A number of nothing but digits; one too large counts as the largest.
    fileprivate init?(saturatingDigits text: Substring) {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        self = Int64(text) ?? .max
    }
}
