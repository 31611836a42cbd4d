/// Which bytes of a file are written: a sorted set of disjoint ranges.

/// Half-open byte ranges, merged where they touch.
struct Extents: Equatable, Sendable {
    private(set) var ranges: [Range<Int64>] = []

    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            return
        }
        let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
        let end = ranges[first...].firstIndex { $0.lowerBound > range.upperBound } ?? ranges.count
        let touched = ranges[first..<end]
        let lower = min(range.lowerBound, touched.first?.lowerBound ?? range.lowerBound)
        let upper = max(range.upperBound, touched.last?.upperBound ?? range.upperBound)
        ranges.replaceSubrange(first..<end, with: [lower..<upper])
    }

    /// The end of the written bytes that begin at or before `offset`; `offset` itself where
    /// that byte is not written.
    func contiguousEnd(from offset: Int64) -> Int64 {
        for range in ranges where range.upperBound > offset {
            return range.lowerBound <= offset ? range.upperBound : offset
        }
        return offset
    }

    /// Where the next written bytes at or after `offset` begin.
    func nextStart(from offset: Int64) -> Int64? {
        ranges.first { $0.lowerBound >= offset }?.lowerBound
    }
}
