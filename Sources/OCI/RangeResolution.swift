// RangeResolution: what a Range header means for content of a given size.

/// How a request with a `Range` header is to be answered.
package enum RangeResolution: Hashable, Sendable {
    /// 200 with everything.
    case whole
    /// 206 with these, as asked for and in that order, without the unsatisfiable ones; never
    /// empty, and no part is.
    case parts([Range<Int64>])
    /// 416.
    case unsatisfiable
}

extension RangeHeader {
    /// More overlapping ranges than this are a sign of a broken or hostile client
    /// (RFC 9110 §14.2).
    private static let maximumOverlaps = 2

    /// Resolves the ranges for content of `size` bytes (RFC 9110 §14.1.2).
    ///
    /// Many overlapping ranges, or parts that add up to more than the whole, are answered with the
    /// whole, as §14.2 allows: parts never cost more than a plain request (CVE-2011-3192).
    package func resolve(size: Int64) -> RangeResolution {
        let parts = specs.compactMap { $0.range(in: size) }
        guard !parts.isEmpty else { return hasSuffix ? .whole : .unsatisfiable }
        var total: Int64 = 0
        for part in parts {
            let length = part.upperBound - part.lowerBound
            guard length <= size - total else { return .whole }
            total += length
        }
        return Self.overlaps(in: parts) > Self.maximumOverlaps ? .whole : .parts(parts)
    }

    /// A suffix of some length is satisfiable even where there is no byte to send.
    private var hasSuffix: Bool {
        specs.contains { spec in
            if case .suffix(let length) = spec { length > 0 } else { false }
        }
    }

    /// How many parts start before an earlier one has ended.
    private static func overlaps(in parts: [Range<Int64>]) -> Int {
        var end: Int64 = 0
        var count = 0
        for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if part.lowerBound < end { count += 1 }
            end = max(end, part.upperBound)
        }
        return count
    }
}

extension RangeHeader.Spec {
    /// The bytes of content of `size` bytes that are meant, nil where there are none.
    fileprivate func range(in size: Int64) -> Range<Int64>? {
        switch self {
        case .from(let first): first < size ? first..<size : nil
        case .fromTo(let first, let last):
            first < size ? first..<(min(last, size - 1) + 1) : nil
        case .suffix(let length):
            length > 0 && size > 0 ? (size - min(length, size))..<size : nil
        }
    }
}
