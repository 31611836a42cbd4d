/// Which bytes of a file count as written.
import Testing

@testable import CacheStore

struct ExtentsTests {
    @Test("ranges that touch or overlap become one")
    func merging() {
        var extents = Extents()
        extents.insert(0..<10)
        extents.insert(20..<30)
        extents.insert(40..<50)
        extents.insert(10..<20)
        #expect(extents.ranges == [0..<30, 40..<50])
        extents.insert(5..<45)
        #expect(extents.ranges == [0..<50])
    }

    @Test(
        "the contiguous end is where the first gap begins",
        arguments: [(0, 10), (5, 10), (10, 10), (15, 15), (20, 30), (29, 30), (35, 35)])
    func contiguousEnd(offset: Int64, end: Int64) {
        var extents = Extents()
        extents.insert(20..<30)
        extents.insert(0..<10)
        #expect(extents.contiguousEnd(from: offset) == end)
    }

    @Test("random inserts agree with a set of bytes")
    func model() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var extents = Extents()
            var bytes = Set<Int64>()
            for _ in 0..<20 {
                let start = Int64.random(in: 0..<60, using: &generator)
                let range = start..<start + Int64.random(in: 0..<12, using: &generator)
                extents.insert(range)
                bytes.formUnion(range)
            }
            #expect(Set(extents.ranges.flatMap { Array($0) }) == bytes)
            let gaps = zip(extents.ranges, extents.ranges.dropFirst())
            #expect(gaps.allSatisfy { $0.upperBound < $1.lowerBound })
        }
    }
}
