// How values are distributed: counts below fixed bounds, and their sum.

/// A Prometheus histogram as a plain value; whoever shares one puts it behind a lock.
package struct Histogram: Sendable, Equatable {
    /// Upper bounds of the buckets, ascending and inclusive; values above the last count too.
    package let bounds: [Double]
    /// Values for each bound alone, not cumulative, and at the end those above all bounds.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    /// - Precondition: `bounds` ascend.
    package init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds ascend")
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package var count: Int { counts.reduce(0, +) }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// In seconds.
    package mutating func observe(nanoseconds: Int64) {
        observe(Double(nanoseconds) * 1e-9)
    }

    /// In seconds.
    package mutating func observe(_ duration: Duration) {
        observe(duration.inSeconds)
    }
}

extension Duration {
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
