import Testing

@testable import Server

struct YAMLDocumentTests {
    @Test func `keeps the line and column of every key and value`() throws {
        let root = try #require(try YAMLDocument.parse("# first\na: 1\nb:\n  - x\n  - 'y'\n"))
        guard case .mapping(let entries) = root.content else {
            Issue.record("not a mapping")
            return
        }
        #expect(entries.map(\.key) == ["a", "b"])
        #expect(entries[0].keyPosition == TextPosition(line: 2, column: 1))
        #expect(entries[0].value.position == TextPosition(line: 2, column: 4))
        guard case .sequence(let items) = entries[1].value.content else {
            Issue.record("not a sequence")
            return
        }
        #expect(items[0].content == .scalar("x", isPlain: true))
        #expect(items[1].content == .scalar("y", isPlain: false))
        #expect(items[1].position == TextPosition(line: 5, column: 5))
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "\u{feff}"])
    func `an empty text has no root`(text: String) throws {
        #expect(try YAMLDocument.parse(text) == nil)
    }

    @Test(arguments: [
        ("a:", true), ("a: ~", true), ("a: null", true), (#"a: """#, false), ("a: 0", false),
    ])
    func `tells nothing from an empty text`(text: String, isNull: Bool) throws {
        let root = try #require(try YAMLDocument.parse(text))
        guard case .mapping(let entries) = root.content else {
            Issue.record("not a mapping")
            return
        }
        #expect(entries[0].value.isNull == isNull)
    }

    @Test(arguments: [
        ("a: 1\n\tb: 2\n", 2, "a tab cannot indent YAML"),
        ("a:\n\tb: 2\n", 2, "a tab cannot indent YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, #"the key "a" is here a second time; first on line 1"#),
        ("a: &x 1\n", 1, "anchors, aliases and tags"),
        ("a: 1\nb: *a\n", 2, "anchors, aliases and tags"),
        ("a: !!str 1\n", 1, "anchors, aliases and tags"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: [1, 2\n", 2, "did not find expected"),
        ("a: 1\n  b: 2\n", 2, "mapping values are not allowed"),
        ("a: \"x\n", 2, "unexpected end of stream"),
        ("? [a, b]\n: 1\n", 1, "a key must be a plain word"),
        ("a: 1\nb: \u{1}\n", 2, "control characters are not allowed"),
    ])
    func `says where it is not YAML`(text: String, line: Int, message: String) {
        let problem = #expect(throws: YAMLProblem.self) { try YAMLDocument.parse(text) }
        #expect(problem?.position.line == line)
        #expect(problem?.message.contains(message) == true, "\(problem?.message ?? "")")
    }

    @Test func `says where a byte is not UTF-8`() {
        let bytes = Array("a: 1\nb: x".utf8) + [0xff] + Array("\n".utf8)
        let problem = #expect(throws: YAMLProblem.self) { try YAMLDocument.parse(bytes) }
        #expect(problem?.position == TextPosition(line: 2, column: 5))
    }

    @Test func `refuses UTF-16`() {
        let bytes: [UInt8] = [0xff, 0xfe, 0x61, 0x00]
        #expect(throws: YAMLProblem.self) { try YAMLDocument.parse(bytes) }
    }

    @Test(arguments: [("[", "]"), ("{a: ", "}")])
    func `refuses deep nesting`(open: String, close: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(try YAMLDocument.parse(nested(YAMLDocument.maximumDepth - 1)) != nil)
        let problem = #expect(throws: YAMLProblem.self) {
            try YAMLDocument.parse(nested(YAMLDocument.maximumDepth))
        }
        #expect(problem?.message == "nested too deeply")
        #expect(throws: YAMLProblem.self) { try YAMLDocument.parse(nested(100_000)) }
    }

    @Test func `refuses an overlong text`() throws {
        let limit = YAMLDocument.maximumBytes
        #expect(try YAMLDocument.parse(String(repeating: "#", count: limit)) == nil)
        let problem = #expect(throws: YAMLProblem.self) {
            try YAMLDocument.parse(String(repeating: "#", count: limit + 1))
        }
        #expect(problem?.message == "longer than 1MiB")
    }

    @Test func `reads JSON`() throws {
        let root = try #require(try YAMLDocument.parse(#"[{"a":"b\/c","d":1}]"#))
        guard case .sequence(let items) = root.content,
            case .mapping(let entries) = items[0].content
        else {
            Issue.record("not a list of mappings")
            return
        }
        #expect(entries.map(\.key) == ["a", "d"])
        #expect(entries[0].value.content == .scalar("b/c", isPlain: false))
    }
}
