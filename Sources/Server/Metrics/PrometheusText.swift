/// Writes metrics as Prometheus reads them (text exposition format 0.0.4).

import Measurement

struct PrometheusText {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    enum MetricType: String {
        case counter, gauge, histogram
    }

    typealias Labels = KeyValuePairs<String, String>

    private(set) var text = ""

    /// A metric without labels; nothing where there is no value.
    mutating func add(_ name: String, _ type: MetricType, _ help: String, _ value: Double?) {
        add(name, type, help, value.map { [([:] as Labels, $0)] } ?? [])
    }

    mutating func add(_ name: String, _ type: MetricType, _ help: String, _ value: Int) {
        add(name, type, help, Double(value))
    }

    /// A metric with a sample for each set of labels, in their order; nothing where there is none.
    mutating func add(
        _ name: String, _ type: MetricType, _ help: String, _ samples: [(Labels, Double)]
    ) {
        guard !samples.isEmpty else { return }
        head(name, type, help)
        for (labels, value) in Self.ordered(samples) { line(name, labels, value) }
    }

    mutating func add(_ name: String, _ help: String, _ samples: [(Labels, Histogram)]) {
        guard !samples.isEmpty else { return }
        head(name, .histogram, help)
        for (labels, histogram) in Self.ordered(samples) {
            var count = 0
            for (bound, within) in zip(histogram.bounds + [.infinity], histogram.counts) {
                count += within
                let bound = "le=\"\(Self.number(bound))\""
                let separator = labels.isEmpty ? "" : ","
                line(name + "_bucket", labels + separator + bound, Double(count))
            }
            line(name + "_sum", labels, histogram.sum)
            line(name + "_count", labels, Double(count))
        }
    }

    private mutating func head(_ name: String, _ type: MetricType, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(type.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: String, _ value: Double) {
        text += labels.isEmpty ? name : "\(name){\(labels)}"
        text += " \(Self.number(value))\n"
    }

    /// With the labels as they are written.
    private static func ordered<Value>(
        _ samples: [(Labels, Value)]
    ) -> [(labels: String, value: Value)] {
        samples.map { labels, value in
            let pairs = labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }
            return (pairs.joined(separator: ","), value)
        }.sorted { $0.0 < $1.0 }
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
