import Testing

@testable import Server

struct YAMLWriterTests {
    @Test func `writes mappings and lists`() {
        let text = YAMLWriter.text([
            .init(key: "a", value: .word("1"), comment: "why"),
            .init(key: "b", value: .sequence([.text("x"), .text("y z")])),
            .init(key: "none", value: .sequence([])),
            .init(
                key: "c",
                value: .sequence([
                    .mapping([
                        .init(key: "d", value: .text("e")), .init(key: "f", value: .text("g")),
                    ])
                ])),
        ])
        #expect(
            text == """
                a: 1  # why
                b: [x, "y z"]
                none: []
                c:
                  - d: e
                    f: g
                """)
    }

    @Test(arguments: [
        "plain", "/var/lib/larder", "https://example.com:5000/a", "docker.io", "[::]:5000", "",
        "null", "~", "true", "No", "5000", "1e3", ".5", "- a", "a: b", "a:", "a #b", "#a", "'",
        "\"",
        "\\", "a\nb", "tab\t", "\u{1}", "\u{7f}", "\u{2028}", "é", "日本", "@at", "`", "%", "!", "&a",
        "*a", "{", "[", ", ", "?", "|", ">", " lead", "trail ", ".", "...", "---",
    ])
    func `any text reads back as it was`(text: String) throws {
        let yaml = YAMLWriter.text([
            .init(key: "k", value: .text(text)),
            .init(key: "l", value: .sequence([.text(text), .text(text)])),
        ])
        let root = try #require(try YAMLDocument.parse(yaml))
        guard case .mapping(let entries) = root.content,
            case .scalar(let single, _) = entries[0].value.content,
            case .sequence(let items) = entries[1].value.content
        else {
            Issue.record("other shape: \(yaml)")
            return
        }
        #expect(single == text)
        #expect(!entries[0].value.isNull)
        #expect(items.map(\.content) == [entries[0].value.content, entries[0].value.content])
    }
}
