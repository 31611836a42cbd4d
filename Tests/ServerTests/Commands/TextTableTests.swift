import Testing

@testable import Server

struct TextTableTests {
    private func table(_ rows: [[String]]) -> TextTable {
        var table = TextTable([.name("IMAGE"), .number("SIZE"), .text("LAST ACCESS")])
        for row in rows { table.append(row) }
        return table
    }

    @Test("Columns are as wide as they need, numbers to the right, no blanks at the end")
    func layout() {
        let lines = table([["a/b:1", "1.0 KiB", "now"], ["a/long:1", "17 B", ""]])
            .lines(width: nil)
        #expect(
            lines == [
                "IMAGE        SIZE  LAST ACCESS",
                "a/b:1     1.0 KiB  now",
                "a/long:1     17 B",
            ])
    }

    @Test("A name gives way in its middle, so that its tag stays", arguments: [30, 33, 40, 80])
    func narrow(width: Int) {
        let name = "registry.example.com/team/project/image:v1.2"
        let lines = table([[name, "1.0 KiB", "2 h ago"]]).lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(lines[1].hasPrefix("reg"))
        #expect(lines[1].contains("…") == (width < 66))
        #expect(lines[1].contains("v1.2  1.0 KiB") || width < 33)
    }

    @Test("Where nothing can give way any more, lines are cut")
    func tooNarrow() {
        let lines = table([["registry/image:1", "1.0 KiB", "2 h ago"]]).lines(width: 12)
        #expect(lines == ["IMAGE      …", "regi…e:1  1…"])
    }

    @Test("Control characters of foreign names do not reach the terminal")
    func controlCharacters() {
        let lines = table([["a\u{1B}[2Jb\nc\u{202E}", "", ""]]).lines(width: nil)
        #expect(lines.count == 2)
        #expect(lines[1] == "a?[2Jb?c?")
    }

    @Test("Facts stand below each other, and long ones go on below themselves")
    func facts() {
        let list = FactList([("name", "one two three four five six"), ("x", "y")])
        #expect(list.lines(nil) == ["name  one two three four five six", "x     y"])
        #expect(
            list.lines(26) == ["name  one two three four", "      five six", "x     y"])
    }
}

struct ProgressReportTests {
    @Test("On a terminal there is a bar that replaces itself")
    func bar() {
        var report = ProgressReport(width: 40)
        let text = report.step(5, of: 10, "5 of 10 objects")
        #expect(text == "\r\u{1B}[K[#######        ] 50.0% 5 of 10 objects")
        #expect(report.end == "\r\u{1B}[K")
    }

    @Test("A narrow terminal has the figures alone")
    func narrow() {
        #expect(ProgressReport.line(0.5, "5 of 10 objects", width: 22) == "50.0% 5 of 10 objects")
        #expect(ProgressReport.line(0.5, "5 of 10 objects", width: 10) == "50.0% 5 o…")
    }

    @Test("Elsewhere there is a line for each tenth")
    func lines() {
        var report = ProgressReport(width: nil)
        let written = (0...100).compactMap { report.step(Int64($0), of: 100, "done") }
        #expect(written.count == 11)
        #expect(written.first == "0.0% done\n")
        #expect(written.last == "100.0% done\n")
        #expect(report.end.isEmpty)
    }

    @Test("Of an unknown whole there is nothing to tell")
    func unknown() {
        var report = ProgressReport(width: nil)
        #expect(report.step(0, of: 0, "") == nil)
    }
}
