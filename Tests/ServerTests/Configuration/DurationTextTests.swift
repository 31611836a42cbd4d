import Testing

@testable import Server

struct DurationTextTests {
    @Test(
        arguments: [
            ("0s", .zero), ("500ms", .milliseconds(500)), ("60s", .seconds(60)),
            ("5m", .seconds(300)), ("1h", .seconds(3600)), ("7d", .seconds(604_800)),
            ("1w", .seconds(604_800)), ("1h30m", .seconds(5400)), ("1d12h", .seconds(129_600)),
            ("1m500ms", .milliseconds(60_500)), ("90s", .seconds(90)),
        ] as [(String, Duration)])
    func `reads a duration`(text: String, duration: Duration) throws {
        #expect(try Duration(parsing: text) == duration)
    }

    @Test(arguments: [
        "", "s", "-5s", "1.5h", "5 m", "5M", "5min", "30m1h", "1h1h", "1h30", "h30m", "1s ",
        "99999999999999999999s", "9223372036854775807w", "٣s",
    ])
    func `refuses what is not a duration`(text: String) {
        #expect(throws: InvalidValue.self) { try Duration(parsing: text) }
    }

    @Test func `tells to write the unit`() {
        let error = #expect(throws: InvalidValue.self) { try Duration(parsing: "60") }
        #expect(error?.message.hasSuffix(#"not "60"; write the unit: 60s or 60m"#) == true)
    }

    @Test(
        arguments: [
            (.zero, "0s"), (.milliseconds(500), "500ms"), (.seconds(60), "1m"),
            (.seconds(90), "1m30s"), (.seconds(5400), "1h30m"), (.seconds(604_800), "7d"),
        ] as [(Duration, String)])
    func `prints what reads back`(duration: Duration, text: String) throws {
        #expect(duration.text == text)
        #expect(try Duration(parsing: text) == duration)
    }
}
