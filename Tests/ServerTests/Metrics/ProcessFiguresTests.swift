/// The process's figures as proc(5) tells them.
import Testing

@testable import Server

@Suite("Process figures")
struct ProcessFiguresTests {
    private let stat =
        "71 (a) S (b) S 1 71 71 0 -1 4194560 900 0 2 0 150 50 0 0 20 0 9 0 3000 9000000 2000 18446"

    @Test("the fields after a command with parentheses and blanks are the right ones")
    func parses() throws {
        let figures = try #require(
            ProcessFigures(stat: stat, bootTime: 1_000_000, ticks: 100, pageBytes: 4096))
        #expect(figures.cpuSeconds == 2)
        #expect(figures.startTime == 1_000_030)
        #expect(figures.residentBytes == 8_192_000)
    }

    @Test("a short or empty line gives nothing", arguments: ["", "71 (a", "71 (a) S 1 2 3"])
    func refuses(stat: String) {
        #expect(ProcessFigures(stat: stat, bootTime: 0, ticks: 100, pageBytes: 4096) == nil)
    }

    @Test("this process has open descriptors, memory and a start in the past")
    func reads() throws {
        let figures = try #require(ProcessFigures.read())
        #expect(try #require(figures.openDescriptors) >= 3)
        #expect(try #require(figures.maxDescriptors) >= 3)
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.startTime > 1_600_000_000)
    }
}
