/// The exposition format: what Prometheus would misread.
import Measurement
import Testing

@testable import Server

@Suite("Prometheus text")
struct PrometheusTextTests {
    private func text(_ write: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        write(&text)
        return text.text
    }

    @Test("a metric has its help and type before its samples, which are in order")
    func family() {
        let written = text {
            $0.add("m_total", .counter, "Help.", [(["a": "2", "b": "x"], 1), (["a": "1"], 2.5)])
        }
        #expect(
            written == """
                # HELP m_total Help.
                # TYPE m_total counter
                m_total{a="1"} 2.5
                m_total{a="2",b="x"} 1

                """)
    }

    static let escapes: [(String, String)] = [
        (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("ä\u{2028}", "ä\u{2028}"),
        ("\r\n", "\r" + #"\n"#), (#"\""#, #"\\\""#),
    ]

    @Test("label values are escaped", arguments: escapes)
    func labels(value: String, escaped: String) {
        let written = text { $0.add("m", .gauge, "h", [(["l": value], 1)]) }
        #expect(written.hasSuffix("\nm{l=\"\(escaped)\"} 1\n"))
    }

    @Test("help keeps its quotes, but neither line ends nor bare backslashes")
    func help() {
        let written = text { $0.add("m", .gauge, "a \"b\" \\ c\nd", 1) }
        #expect(written.hasPrefix(#"# HELP m a "b" \\ c\nd"# + "\n# TYPE"))
    }

    static let numbers: [(Double, String)] = [
        (0, "0"), (-1, "-1"), (0.25, "0.25"), (1e15, "1000000000000000"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"), (0.00001, "1e-05"),
    ]

    @Test("numbers are written as Go reads them", arguments: numbers)
    func values(value: Double, expected: String) {
        #expect(text { $0.add("m", .gauge, "h", value) }.hasSuffix("\nm \(expected)\n"))
    }

    @Test("buckets are cumulative, bounds inclusive, the last one everything")
    func histogram() {
        var histogram = Histogram(bounds: [0.5, 1, 2.5])
        for value in [0.1, 0.5, 0.6, 2.5, 3] { histogram.observe(value) }
        let written = text { $0.add("s", "Help.", [(["k": "v"], histogram)]) }
        #expect(
            written == """
                # HELP s Help.
                # TYPE s histogram
                s_bucket{k="v",le="0.5"} 2
                s_bucket{k="v",le="1"} 3
                s_bucket{k="v",le="2.5"} 4
                s_bucket{k="v",le="+Inf"} 5
                s_sum{k="v"} 6.7
                s_count{k="v"} 5

                """)
    }

    @Test("a histogram without labels has buckets with a bound alone")
    func unlabelled() {
        let written = text { $0.add("s", "h", [([:], Histogram(bounds: [1]))]) }
        #expect(written.contains("\ns_bucket{le=\"1\"} 0\n"))
        #expect(written.contains("\ns_count 0\n"))
    }

    @Test("a metric without a sample leaves no trace")
    func absent() {
        #expect(text { $0.add("m", .gauge, "h", nil as Double?) }.isEmpty)
        #expect(text { $0.add("m", .counter, "h", []) }.isEmpty)
        #expect(text { $0.add("m", "h", []) }.isEmpty)
    }
}
