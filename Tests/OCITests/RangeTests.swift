// RangeTests: Range and Content-Range headers.

import OCI
import TestKit
import Testing

@Suite struct RangeHeaderTests {
    @Test(
        "ranges of RFC 9110 §14.1.2 are read",
        arguments: [
            ("bytes=0-499", [.fromTo(first: 0, last: 499)]),
            ("bytes=9500-", [.from(9500)]), ("bytes=-500", [.suffix(500)]),
            ("BYTES=0-0", [.fromTo(first: 0, last: 0)]),
            ("bytes=0-0, -1", [.fromTo(first: 0, last: 0), .suffix(1)]),
            ("bytes= 0-0 ,\t5- ", [.fromTo(first: 0, last: 0), .from(5)]),
            ("bytes=,0-0,,", [.fromTo(first: 0, last: 0)]),
            ("bytes=007-", [.from(7)]),
            ("bytes=5-99999999999999999999", [.fromTo(first: 5, last: .max)]),
        ] as [(String, [RangeHeader.Spec])])
    func accepted(header: String, specs: [RangeHeader.Spec]) {
        #expect(RangeHeader(header)?.specs == specs)
    }

    @Test(
        "other units and malformed headers are ignored",
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=1", "bytes=2-1",
            "bytes=1-2-3", "bytes=--1", "bytes=+1-2", "bytes=1 -2", "bytes=0x1-2", "items=0-1",
            "bytes 0-1", "bytes=0-1=", "bytes=0-1;2-3", "bytes=0-1,x", "bytes=１-2", "bytes=0-1\r\n",
        ])
    func ignored(header: String) {
        #expect(RangeHeader(header) == nil)
    }

    @Test("more than 64 ranges are ignored")
    func bounded() {
        func header(_ count: Int) -> String {
            "bytes=" + (0..<count).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ",")
        }
        #expect(RangeHeader(header(64))?.specs.count == 64)
        #expect(RangeHeader(header(65)) == nil)
        #expect(RangeHeader(header(100_000)) == nil)
    }

    @Test(
        "R18: what ranges mean for content of a size",
        arguments: [
            ("bytes=0-499", 1000, .parts([0..<500])), ("bytes=500-", 1000, .parts([500..<1000])),
            ("bytes=-1", 1000, .parts([999..<1000])), ("bytes=-5000", 1000, .parts([0..<1000])),
            ("bytes=999-5000", 1000, .parts([999..<1000])), ("bytes=0-", 1, .parts([0..<1])),
            ("bytes=0-99999999999999999999", 10, .parts([0..<10])),
            ("bytes=1000-", 1000, .unsatisfiable), ("bytes=1000-2000", 1000, .unsatisfiable),
            ("bytes=99999999999999999999-", 1000, .unsatisfiable),
            ("bytes=-0", 1000, .unsatisfiable),
            ("bytes=0-", 0, .unsatisfiable), ("bytes=0-0", 0, .unsatisfiable),
            ("bytes=-1", 0, .whole),
            ("bytes=-0", 0, .unsatisfiable),
            ("bytes=8-9,0-1", 10, .parts([8..<10, 0..<2])),
            ("bytes=0-1,10-11,-1", 10, .parts([0..<2, 9..<10])),
            ("bytes=10-,20-", 10, .unsatisfiable),
            ("bytes=0-3,2-5", 10, .parts([0..<4, 2..<6])),
            ("bytes=0-,0-", 10, .whole), ("bytes=0-8,1-9", 10, .whole),
            ("bytes=0-1,0-1,0-1", 10, .parts([0..<2, 0..<2, 0..<2])),
            ("bytes=0-1,0-1,0-1,0-1", 10, .whole),
            (
                "bytes=0-0,1-1,2-2,3-3", 10,
                .parts([0..<1, 1..<2, 2..<3, 3..<4])
            ),
            ("bytes=0-,-9223372036854775807", .max, .whole),
        ] as [(String, Int64, RangeResolution)])
    func resolved(header: String, size: Int64, expected: RangeResolution) throws {
        #expect(try #require(RangeHeader(header)).resolve(size: size) == expected)
    }

    @Test("parts lie within the content and never add up to more than it")
    func property() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let size = Int64.random(in: 0...40, using: &generator)
            let specs = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                let first = Int64.random(in: 0...50, using: &generator)
                let last = first + Int64.random(in: 0...20, using: &generator)
                return generator.element(of: ["\(first)-", "\(first)-\(last)", "-\(first)"])
            }
            let header = try #require(RangeHeader("bytes=" + specs.joined(separator: ", ")))
            guard case .parts(let parts) = header.resolve(size: size) else { continue }
            #expect(!parts.isEmpty && parts.count <= specs.count)
            #expect(parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= size })
            #expect(parts.map { $0.upperBound - $0.lowerBound }.reduce(0, +) <= size)
        }
    }
}

@Suite struct ContentRangeTests {
    @Test(
        "content ranges are read and rendered",
        arguments: [
            ("bytes 0-9/100", 0..<10, 100), ("bytes 0-0/1", 0..<1, 1),
            ("bytes 90-99/100", 90..<100, 100),
            ("bytes 5-9/*", 5..<10, nil),
        ] as [(String, Range<Int64>, Int64?)])
    func accepted(header: String, range: Range<Int64>, total: Int64?) throws {
        let parsed = try #require(ContentRange(header))
        #expect(parsed.range == range && parsed.total == total)
        #expect(parsed.description == header)
        #expect(ContentRange(range: range, total: total) == parsed)
    }

    @Test(
        "R56: malformed and contradictory content ranges are refused",
        arguments: [
            "", "bytes", "bytes */100", "bytes 9-0/100", "bytes 0-100/100", "bytes 0-9/9",
            "bytes 0-9",
            "bytes 0-9/", "bytes -9/100", "bytes 0-/100", "bytes 0-9/1/2", "bytes=0-9/100",
            "items 0-9/100", "bytes +0-9/100", "bytes 0-9/-1", "bytes 0-9/100 x",
            "bytes 0-9/100\r\n",
            "bytes 0-9223372036854775807/*", "bytes 0-99999999999999999999/*",
            "bytes 0-9/99999999999999999999",
        ])
    func refused(header: String) {
        #expect(ContentRange(header) == nil)
    }

    @Test("the header of a 416 names the size")
    func unsatisfied() {
        #expect(ContentRange.unsatisfied(total: 100) == "bytes */100")
    }
}
