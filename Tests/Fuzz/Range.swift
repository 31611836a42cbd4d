// Ranges: no part is outside of the content, all together are no more than it (RFC 9110 §14).
import OCI

extension ParserCheck {
    static let ranges = ParserCheck(
        name: "ranges",
        corpus: ["bytes=0-", "bytes=0-499", "bytes=-500", "bytes=0-0, 5-9,-1", "bytes=5-4"],
        tokens: ["bytes=", "-", ",", "0-0,", "1-,", "-1,", "=", "10-19"]
    ) { bytes in
        guard let header = RangeHeader(String(decoding: bytes, as: UTF8.self)) else { return }
        let rendered = "bytes=" + header.specs.map(text).joined(separator: ",")
        try require(RangeHeader(rendered) == header, "\(rendered) is another header")
        for size: Int64 in [0, 1, 500, .max] {
            guard case .parts(let parts) = header.resolve(size: size) else { continue }
            try require(
                parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= size },
                "\(parts) of \(size)")
            let total = parts.reduce(into: Int128(0)) { $0 += Int128($1.count) }
            try require(total <= Int128(size), "\(total) of \(size)")
        }
    }

    static let contentRanges = ParserCheck(
        name: "content-ranges",
        corpus: ["bytes 0-9/100", "bytes 0-9/*"],
        tokens: ["bytes ", "-", "/", "*"]
    ) { bytes in
        guard let read = ContentRange(String(decoding: bytes, as: UTF8.self)) else { return }
        try require(ContentRange(read.description) == read, "\(read) is another")
        try require(
            !read.range.isEmpty && read.range.lowerBound >= 0
                && read.range.upperBound <= read.total ?? .max,
            "\(read) is outside of the content")
    }

    private static func text(_ spec: RangeHeader.Spec) -> String {
        switch spec {
        case .from(let first): "\(first)-"
        case .fromTo(let first, let last): "\(first)-\(last)"
        case .suffix(let length): "-\(length)"
        }
    }
}
